//! QEMU's monitor protocol (QMP), from the host: one line of JSON each way.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// Wall time in which QEMU answers.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks for the device with this id, as pressing the button of its slot does: the guest is asked to let go of it.
pub fn unplug(socket: &Path, device: &str) -> Result<(), Box<dyn Error>> {
    execute(
        socket,
        &json!({"execute": "device_del", "arguments": {"id": device}}),
    )
}

/// Lets the machine's processors stand still, or go on.
pub fn pause(socket: &Path, paused: bool) -> Result<(), Box<dyn Error>> {
    let command = if paused { "stop" } else { "cont" };
    execute(socket, &json!({ "execute": command }))
}

fn execute(socket: &Path, command: &Value) -> Result<(), Box<dyn Error>> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    lines.next().ok_or("the monitor does not greet")??;
    for command in [&json!({"execute": "qmp_capabilities"}), command] {
        writeln!(&stream, "{command}")?;
        loop {
            let line = lines.next().ok_or("the monitor hangs up")??;
            let answer: Value = serde_json::from_str(&line)?;
            if let Some(error) = answer.get("error") {
                return Err(format!("QEMU refuses {command}: {error}").into());
            }
            // what comes in between are events
            if answer.get("return").is_some() {
                break;
            }
        }
    }
    Ok(())
}
