//! Plots as SVG: lines over logarithmic axes, and stacked bars.

use std::fmt::Write;

/// A line with its name; the least and the greatest of each point are drawn where they differ.
pub struct Series {
    /// What the legend calls it.
    pub name: String,
    /// x, and least, middle and greatest y; in the order of x.
    pub points: Vec<(f64, [f64; 3])>,
    /// Computed by the model and not measured: dashed.
    pub modelled: bool,
}

/// A bar of parts.
pub struct Bar {
    /// What stands below it.
    pub name: String,
    /// Names and heights of its parts, from below.
    pub parts: Vec<(String, f64)>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 48.0;
const LEGEND_LINE: f64 = 16.0;

/// Colours that are told apart in print and by most eyes (Okabe and Ito).
const COLOURS: [&str; 8] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#8c8c00",
];

fn colour(index: usize) -> &'static str {
    COLOURS[index % COLOURS.len()]
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A number with a prefix of its thousands.
pub fn short(value: f64) -> String {
    let (scaled, prefix) = match value.abs() {
        1e9.. => (value / 1e9, "G"),
        1e6.. => (value / 1e6, "M"),
        1e3.. => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = match scaled.abs() {
        100.0.. => format!("{scaled:.0}"),
        10.0.. => format!("{scaled:.1}"),
        _ => format!("{scaled:.2}"),
    };
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned() + prefix,
        false => text + prefix,
    }
}

fn open(title: &str, height: f64) -> String {
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12"><rect width="{WIDTH}" height="{height}" fill="#ffffff"/><text x="{LEFT}" y="20" font-size="14" font-weight="bold">{}</text>"##,
        escaped(title)
    ) + "\n"
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, content: &str) {
    let content = escaped(content);
    let line = format!(r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{content}</text>"#);
    svg.push_str(&line);
    svg.push('\n');
}

fn line(svg: &mut String, from: (f64, f64), to: (f64, f64), stroke: &str) {
    let ((x1, y1), (x2, y2)) = (from, to);
    let line =
        format!(r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{stroke}"/>"#);
    svg.push_str(&line);
    svg.push('\n');
}

/// Two columns of names below the plot.
fn legend(svg: &mut String, names: &[(String, bool)]) {
    for (index, (name, dashed)) in names.iter().enumerate() {
        let x = LEFT + (index % 2) as f64 * (WIDTH - LEFT - RIGHT) / 2.0;
        let y = HEIGHT + (index / 2) as f64 * LEGEND_LINE;
        let dash = if *dashed {
            r#" stroke-dasharray="5 3""#
        } else {
            ""
        };
        let stroke = colour(index);
        let _ = writeln!(
            svg,
            r#"<line x1="{x:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" stroke="{stroke}" stroke-width="3"{dash}/>"#,
            y - 4.0,
            x + 22.0,
            y - 4.0
        );
        text(svg, x + 28.0, y, "start", name);
    }
}

/// Lines over x = log2 of a size and y on a logarithmic axis.
pub fn lines(title: &str, x_name: &str, y_name: &str, series: &[Series]) -> String {
    let rows = series.len().div_ceil(2) as f64;
    let mut svg = open(title, HEIGHT + rows * LEGEND_LINE);
    let points = || series.iter().flat_map(|series| &series.points);
    let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
    let greatest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let (x_low, x_high) = (
        least(&mut points().map(|(x, _)| *x)),
        greatest(&mut points().map(|(x, _)| *x)),
    );
    let low = least(&mut points().map(|(_, y)| y[0]).filter(|y| *y > 0.0));
    let high = greatest(&mut points().map(|(_, y)| y[2]));
    if points().next().is_none() || high <= 0.0 {
        text(
            &mut svg,
            WIDTH / 2.0,
            HEIGHT / 2.0,
            "middle",
            "not measured",
        );
        return svg + "</svg>\n";
    }
    let (bottom, top) = (
        low.log10().floor(),
        high.log10().ceil().max(low.log10().floor() + 1.0),
    );
    let x_of = |x: f64| LEFT + (WIDTH - LEFT - RIGHT) * (x - x_low) / (x_high - x_low).max(1.0);
    let y_of = |y: f64| {
        let share = (y.max(low).log10() - bottom) / (top - bottom);
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
    };
    for decade in bottom as i32..=top as i32 {
        let y = y_of(10f64.powi(decade));
        line(&mut svg, (LEFT, y), (WIDTH - RIGHT, y), "#dddddd");
        text(&mut svg, LEFT - 6.0, y + 4.0, "end", &tick(decade));
    }
    let mut x = x_low.ceil();
    while x <= x_high {
        line(
            &mut svg,
            (x_of(x), HEIGHT - BOTTOM),
            (x_of(x), HEIGHT - BOTTOM + 4.0),
            "#888888",
        );
        text(
            &mut svg,
            x_of(x),
            HEIGHT - BOTTOM + 17.0,
            "middle",
            &format!("{x}"),
        );
        x += if x_high - x_low > 12.0 { 2.0 } else { 1.0 };
    }
    text(
        &mut svg,
        WIDTH - RIGHT,
        HEIGHT - BOTTOM + 30.0,
        "end",
        x_name,
    );
    text(&mut svg, WIDTH - RIGHT, TOP - 4.0, "end", y_name);
    for (index, series) in series.iter().enumerate() {
        let stroke = colour(index);
        let path: Vec<String> = series
            .points
            .iter()
            .map(|(x, y)| format!("{:.1},{:.1}", x_of(*x), y_of(y[1])))
            .collect();
        let dash = if series.modelled {
            r#" stroke-dasharray="5 3""#
        } else {
            ""
        };
        let path = path.join(" ");
        let _ = writeln!(
            svg,
            r#"<polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="2"{dash}/>"#
        );
        for (x, [min, median, max]) in &series.points {
            let (x, y) = (x_of(*x), y_of(*median));
            line(&mut svg, (x, y_of(*min)), (x, y_of(*max)), stroke);
            if !series.modelled {
                let _ = writeln!(
                    svg,
                    r#"<circle cx="{x:.1}" cy="{y:.1}" r="2.5" fill="{stroke}"/>"#
                );
            }
        }
    }
    let names: Vec<_> = series
        .iter()
        .map(|s| (s.name.clone(), s.modelled))
        .collect();
    legend(&mut svg, &names);
    svg + "</svg>\n"
}

fn tick(decade: i32) -> String {
    match decade {
        -3..=4 => format!("{}", 10f64.powi(decade)),
        _ => format!("1e{decade}"),
    }
}

/// Bars whose parts stand on each other.
pub fn bars(title: &str, y_name: &str, bars: &[Bar]) -> String {
    let mut names: Vec<(String, bool)> = Vec::new();
    for (part, _) in bars.iter().flat_map(|bar| &bar.parts) {
        if names.iter().all(|(name, _)| name != part) {
            names.push((part.clone(), false));
        }
    }
    let rows = names.len().div_ceil(2) as f64;
    let mut svg = open(title, HEIGHT + rows * LEGEND_LINE);
    let total = |bar: &Bar| bar.parts.iter().map(|(_, height)| height).sum::<f64>();
    let high = bars.iter().map(total).fold(0.0, f64::max);
    if high <= 0.0 {
        text(
            &mut svg,
            WIDTH / 2.0,
            HEIGHT / 2.0,
            "middle",
            "not measured",
        );
        return svg + "</svg>\n";
    }
    let y_of = |y: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / high;
    for quarter in 0..=4 {
        let value = high * f64::from(quarter) / 4.0;
        line(
            &mut svg,
            (LEFT, y_of(value)),
            (WIDTH - RIGHT, y_of(value)),
            "#dddddd",
        );
        text(
            &mut svg,
            LEFT - 6.0,
            y_of(value) + 4.0,
            "end",
            &short(value),
        );
    }
    text(&mut svg, WIDTH - RIGHT, TOP - 4.0, "end", y_name);
    let step = (WIDTH - LEFT - RIGHT) / bars.len() as f64;
    for (index, bar) in bars.iter().enumerate() {
        let x = LEFT + step * (index as f64 + 0.15);
        let mut base = 0.0;
        for (part, height) in &bar.parts {
            let place = names.iter().position(|(name, _)| name == part).unwrap_or(0);
            let _ = writeln!(
                svg,
                r#"<rect x="{x:.1}" y="{:.1}" width="{:.1}" height="{:.1}" fill="{}"/>"#,
                y_of(base + height),
                step * 0.7,
                y_of(base) - y_of(base + height),
                colour(place)
            );
            base += height;
        }
        text(
            &mut svg,
            x + step * 0.35,
            HEIGHT - BOTTOM + 17.0,
            "middle",
            &bar.name,
        );
    }
    legend(&mut svg, &names);
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let texts = [0.5, 12.0, 1234.0, 1.5e6, 2e9].map(short);
        assert_eq!(texts, ["0.5", "12", "1.23k", "1.5M", "2G"]);
    }

    #[test]
    fn a_plot_has_its_series_and_stays_inside() {
        let series = |name: &str, scale: f64| Series {
            name: name.into(),
            points: (8..=16)
                .map(|x| (f64::from(x), [scale * f64::from(x); 3]))
                .collect(),
            modelled: scale > 1.0,
        };
        let svg = lines(
            "a < b",
            "n",
            "cycles",
            &[series("one", 1.0), series("two", 900.0)],
        );
        assert!(svg.contains("a &lt; b") && svg.contains(">one<") && svg.contains("dasharray"));
        assert_eq!(svg.matches("<circle").count(), 9);
        let empty = lines("nothing", "n", "cycles", &[]);
        assert!(empty.contains("not measured"));
        let bar = Bar {
            name: "x".into(),
            parts: vec![("part".into(), 2.0), ("other".into(), 1.0)],
        };
        assert_eq!(bars("bars", "s", &[bar]).matches("<rect").count(), 3);
    }
}
