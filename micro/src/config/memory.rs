//! How much memory the process has in use, as the system tells it in a file.

/// Returns how many bytes of the process are resident; `None` where the system does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn resident_memory() -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// Returns how many bytes of the process are resident; `None` where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub(crate) fn resident_memory() -> Option<u64> {
    None
}

/// Reads the line `VmRSS:     1234 kB`.
#[cfg(any(test, target_os = "linux"))]
fn parse(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_resident_memory_is_found() {
        assert_eq!(parse("Name:\tx\nVmRSS:\t   1234 kB\nRssAnon:\t 1 kB\n"), Some(1_263_616));
        for bad in
            ["", "VmRSS:", "VmRSS: x kB", "VmRSS: -1 kB", "VmRSS: 1 MB", "VmRSS: 18446744073709551615 kB"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_in_use_shows() {
        let before = resident_memory().unwrap();
        let block = vec![1_u8; 64 << 20];
        let after = resident_memory().unwrap();
        assert!(after > before + (32 << 20), "{before} {after} {}", block.len());
    }
}
