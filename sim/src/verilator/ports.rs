use std::fmt;

use super::error::{BuildError, ModelError};

/// Which way a port points, seen from the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Driven by the environment.
    Input,
    /// Driven by the design.
    Output,
}

impl fmt::Display for Direction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Direction::Input => "input",
            Direction::Output => "output",
        })
    }
}

/// A port of a design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The name in the Verilog.
    pub name: String,
    /// Which way it points.
    pub direction: Direction,
    /// Its width in bits.
    pub width: usize,
    /// Where its first word is among the words of its direction.
    pub(super) offset: usize,
}

impl Port {
    pub(super) fn words(&self) -> usize {
        self.width.div_ceil(32)
    }
}

/// An input, found by name once. It belongs to the library that it was found in.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    pub(super) offset: usize,
    pub(super) width: usize,
}

/// An output, found by name once. It belongs to the library that it was found in.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub(super) offset: usize,
    pub(super) width: usize,
}

impl Input {
    /// The port's width in bits.
    pub fn width(self) -> usize {
        self.width
    }
}

impl Output {
    /// The port's width in bits.
    pub fn width(self) -> usize {
        self.width
    }
}

/// All ports of a design but its clock, and the layout of the two arrays of words that carry their values.
#[derive(Debug)]
pub(super) struct Layout {
    pub ports: Vec<Port>,
    pub input_words: usize,
    pub output_words: usize,
}

impl Layout {
    fn new(ports: Vec<Port>) -> Self {
        let words = |direction| {
            ports
                .iter()
                .filter(|port| port.direction == direction)
                .map(Port::words)
                .sum()
        };
        let (input_words, output_words) = (words(Direction::Input), words(Direction::Output));
        Self {
            ports,
            input_words,
            output_words,
        }
    }

    /// Reads the table that a shared library carries.
    pub fn parse(table: &str) -> Result<Self, ModelError> {
        let port = |line: &str| {
            let mut fields = line.split(' ');
            let direction = match fields.next()? {
                "input" => Direction::Input,
                "output" => Direction::Output,
                _ => return None,
            };
            let name = fields.next()?.to_owned();
            let width = fields.next()?.parse().ok()?;
            let offset = fields.next()?.parse().ok()?;
            Some(Port {
                name,
                direction,
                width,
                offset,
            })
        };
        let ports = table
            .lines()
            .map(|line| port(line).ok_or_else(|| ModelError::PortTable(line.to_owned())))
            .collect::<Result<_, _>>()?;
        Ok(Self::new(ports))
    }

    pub fn find(&self, direction: Direction, name: &str) -> Result<&Port, ModelError> {
        self.ports
            .iter()
            .find(|port| port.direction == direction && port.name == name)
            .ok_or_else(|| ModelError::NoPort {
                direction,
                name: name.to_owned(),
            })
    }
}

/// A port as Verilator declares it in C++: `VL_IN8(&clock,0,0);`.
pub(super) struct Declaration {
    /// The name of the member, which is the Verilog name mangled.
    pub member: String,
    pub port: Port,
}

/// Reads the ports from the header that Verilator made, and lays them out; the clock is among them, without words.
pub(super) fn declarations(header: &str, clock: &str) -> Result<Vec<Declaration>, BuildError> {
    let (mut inputs, mut outputs) = (0, 0);
    let mut declarations = Vec::new();
    for line in header.lines().map(str::trim) {
        let (direction, next) = match line {
            _ if line.starts_with("VL_INOUT") => return Err(BuildError::Port(line.to_owned())),
            _ if line.starts_with("VL_IN") => (Direction::Input, &mut inputs),
            _ if line.starts_with("VL_OUT") => (Direction::Output, &mut outputs),
            _ => continue,
        };
        let (member, width) = declaration(line).ok_or_else(|| BuildError::Port(line.to_owned()))?;
        let port = Port {
            name: verilog_name(member),
            direction,
            width,
            offset: *next,
        };
        if port.name != clock {
            *next += port.words();
        }
        declarations.push(Declaration {
            member: member.to_owned(),
            port,
        });
    }
    let is_clock =
        |port: &Port| port.name == clock && port.width == 1 && port.direction == Direction::Input;
    if declarations
        .iter()
        .any(|declaration| is_clock(&declaration.port))
    {
        Ok(declarations)
    } else {
        Err(BuildError::NoClock(clock.to_owned()))
    }
}

/// Member and width.
fn declaration(line: &str) -> Option<(&str, usize)> {
    let (_, arguments) = line.split_once('(')?;
    let mut arguments = arguments.trim_end_matches(");").split(',');
    let member = arguments.next()?.trim_start_matches('&');
    let high: usize = arguments.next()?.trim().parse().ok()?;
    let low: usize = arguments.next()?.trim().parse().ok()?;
    Some((member, high.checked_sub(low)? + 1))
}

/// Undoes Verilator's mangling: `__024` is `$`, the character with the hexadecimal code 24.
fn verilog_name(member: &str) -> String {
    let mut parts = member.trim_start_matches("__SYM__").split("__0");
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part
            .get(..2)
            .and_then(|code| u8::from_str_radix(code, 16).ok())
        {
            Some(code) => {
                name.push(char::from(code));
                name.push_str(&part[2..]);
            }
            None => {
                name.push_str("__0");
                name.push_str(part);
            }
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "
        VL_IN8(&clock,0,0);
        VL_OUT8(&host__024awvalid,0,0);
        VL_INW(&host__024rdata,511,0,16);
        VL_IN64(&a,39,0);";

    #[test]
    fn ports_are_read_from_the_header() {
        let found = declarations(HEADER, "clock").unwrap();
        let of = |index: usize| {
            let port = &found[index].port;
            (port.name.as_str(), port.direction, port.width, port.offset)
        };
        assert_eq!(of(1), ("host$awvalid", Direction::Output, 1, 0));
        assert_eq!(of(2), ("host$rdata", Direction::Input, 512, 0));
        assert_eq!(of(3), ("a", Direction::Input, 40, 16));
    }

    #[test]
    fn a_design_needs_its_clock() {
        assert!(matches!(
            declarations(HEADER, "clk"),
            Err(BuildError::NoClock(_))
        ));
        assert!(matches!(
            declarations("VL_INOUT8(&x,0,0);", "clock"),
            Err(BuildError::Port(_))
        ));
    }

    #[test]
    fn the_table_of_a_library_is_checked() {
        let layout = Layout::parse("input a 40 0\noutput q 1 0\n").unwrap();
        assert_eq!((layout.input_words, layout.output_words), (2, 1));
        assert!(matches!(
            Layout::parse("a 40"),
            Err(ModelError::PortTable(_))
        ));
    }
}
