//! What the figures were measured on.

use std::fs;

/// Processor, number of processors, memory, kernel and load, in one line.
pub fn describe() -> String {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("unknown");
        line.trim_start_matches([' ', '\t', ':']).trim().to_owned()
    };
    let whole = |file: &str| fs::read_to_string(file).unwrap_or_default().trim().to_owned();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{processors} x {}, {} memory, Linux {}, load {}",
        field("/proc/cpuinfo", "model name"),
        field("/proc/meminfo", "MemTotal"),
        whole("/proc/sys/kernel/osrelease"),
        whole("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" "),
    )
}
