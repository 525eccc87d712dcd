//! The text of `--help`.

use super::settings::KEYS;
use super::sources::Sources;

/// Describes every setting: flag, meaning, default and environment variable.
pub(crate) fn help(name: &str, version: &str, sources: &Sources) -> String {
    let mut text = format!(
        "{name} {version}\n\nUsage: {name} [FLAGS] [-- YOUR OWN ARGUMENTS]\n\n\
         Flags. Each has an environment variable; a flag wins over it, and it wins over what the program sets.\n"
    );
    for key in KEYS {
        let value = if key.bare { String::new() } else { format!("=<{}>", key.key) };
        let default = match (key.default)(sources) {
            default if default.is_empty() => "none".to_owned(),
            default => default,
        };
        text.push_str(&format!(
            "\n  {}{value}\n      {}\n      default: {default}   environment: {}   example: {}\n",
            key.flag,
            key.docs.trim(),
            key.env,
            key.example,
        ));
    }
    text.push_str("\n  --help, -h\n      Prints this and ends.\n");
    text.push_str("\n  --version, -V\n      Prints name and version and ends.\n");
    text.push_str(
        "\n  --describe\n      Prints the contracts of the program's services as .proto and ends.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_stands_there_with_default_docs_and_variable() {
        let text = help("greeter", "1.2.3", &Sources::none());
        assert!(text.starts_with("greeter 1.2.3\n"));
        for key in KEYS {
            assert!(
                text.contains(key.flag) && text.contains(key.env) && text.contains(key.docs.trim()),
                "{}",
                key.key
            );
        }
        for default in ["127.0.0.1:0", "4MiB", "mdns+local:", "30s"] {
            assert!(text.contains(&format!("default: {default} ")), "{default}: {text}");
        }
    }
}
