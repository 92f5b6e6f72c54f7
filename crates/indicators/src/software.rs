//! Words that stand before dotted numbers: of products, whose versions they are, and of hosts.

/// Words for software, in lower case and sorted: `kernel 5.15.0.9`.
const SOFTWARE: [&str; 27] = [
    "agent",
    "api",
    "app",
    "applet",
    "browser",
    "compiler",
    "driver",
    "engine",
    "extension",
    "framework",
    "installer",
    "interpreter",
    "kernel",
    "library",
    "miner",
    "module",
    "package",
    "plugin",
    "program",
    "runtime",
    "sdk",
    "software",
    "suite",
    "tool",
    "toolkit",
    "updater",
    "utility",
];

/// Products that reports name with a version, whatever their case, sorted.
const KNOWN: [&str; 102] = [
    "android",
    "anydesk",
    "apache",
    "asa",
    "atera",
    "browser",
    "chrome",
    "chromium",
    "clamav",
    "confluence",
    "curl",
    "django",
    "docker",
    "drupal",
    "elasticsearch",
    "electron",
    "esxi",
    "exchange",
    "exim",
    "filezilla",
    "firefox",
    "fortios",
    "ftd",
    "ghidra",
    "gitlab",
    "grafana",
    "httpd",
    "ios",
    "java",
    "jenkins",
    "jira",
    "joomla",
    "junos",
    "kibana",
    "kubernetes",
    "libreoffice",
    "libssh",
    "log4j",
    "macos",
    "magento",
    "mimikatz",
    "moodle",
    "mysql",
    "nessus",
    "nginx",
    "ngrok",
    "nmap",
    "node",
    "npm",
    "openssh",
    "openssl",
    "opera",
    "os",
    "outlook",
    "pan-os",
    "perl",
    "photoshop",
    "php",
    "postfix",
    "postgresql",
    "powershell",
    "psexec",
    "putty",
    "python",
    "rclone",
    "redis",
    "roundcube",
    "ruby",
    "rustdesk",
    "safari",
    "samba",
    "screenconnect",
    "sendmail",
    "sfos",
    "sharepoint",
    "sma",
    "snort",
    "splashtop",
    "splunk",
    "sqlmap",
    "squid",
    "suricata",
    "sysmon",
    "teamviewer",
    "telegram",
    "thunderbird",
    "tomcat",
    "tor-browser",
    "virtualbox",
    "vlc",
    "vmware",
    "weblogic",
    "whatsapp",
    "winrar",
    "winscp",
    "wireshark",
    "wordpress",
    "yara",
    "zabbix",
    "zeek",
    "zimbra",
    "zoom",
];

/// Words that are written like names and stand before addresses, in lower case and sorted.
const BEFORE_ADDRESSES: [&str; 73] = [
    "admin",
    "administrator",
    "against",
    "asn",
    "at",
    "attacker",
    "attackers",
    "by",
    "client",
    "connect",
    "contacts",
    "delete",
    "destination",
    "direct",
    "ehlo",
    "for",
    "from",
    "ftp",
    "gateway",
    "get",
    "guest",
    "head",
    "helo",
    "hits",
    "http",
    "https",
    "icmp",
    "is",
    "lan",
    "lhost",
    "listener",
    "local",
    "log",
    "message",
    "nat",
    "nc",
    "node",
    "of",
    "on",
    "options",
    "peer",
    "ping",
    "pings",
    "port",
    "post",
    "proxy",
    "ptr",
    "put",
    "rdp",
    "relay",
    "remote",
    "rhost",
    "root",
    "router",
    "scanned",
    "scanner",
    "scans",
    "smb",
    "socks5",
    "source",
    "src",
    "ssh",
    "system",
    "target",
    "tcp",
    "to",
    "tor",
    "udp",
    "user",
    "via",
    "victim",
    "vpn",
    "with",
];

/// What is no product although a number with one dot follows it, in lower case and sorted.
const MEASURED: [&str; 11] = [
    "chapter", "cvss", "figure", "http", "level", "score", "section", "ssl", "step", "table", "tls",
];

/// Protocols that stand before addresses with a slash, sorted.
const PROTOCOLS: [&str; 19] = [
    "ftps", "http", "https", "icmp", "imap", "imaps", "kerberos", "ldap", "ldaps", "mqtt",
    "netbios", "quic", "rtsp", "smtp", "smtps", "snmp", "socks", "telnet", "winrm",
];

/// The longest of these words.
const MOST_WORD: usize = 16;

/// Whether it is a word for software: `kernel 5.15.0.9`.
#[must_use]
pub fn is_software(word: &str) -> bool {
    is_listed(&SOFTWARE, word)
}

/// Whether it is a product that reports name with a version.
#[must_use]
pub fn is_product(word: &str) -> bool {
    is_listed(&KNOWN, word)
}

/// Whether there is a tenth version of a product, so that `10.0.0.1` may be one and not a machine that it runs on.
#[must_use]
pub fn has_tenth(word: &str) -> bool {
    ["browser", "os", "pan-os", "sfos", "sma"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether it is written like a name and stands before addresses.
#[must_use]
pub fn precedes_addresses(word: &str) -> bool {
    is_listed(&BEFORE_ADDRESSES, word)
}

/// Whether it is no product although a number with one dot follows it.
#[must_use]
pub fn is_measured(word: &str) -> bool {
    is_listed(&MEASURED, word)
}

/// Whether it is a protocol, after which a slash and an address may stand.
#[must_use]
pub fn is_protocol(word: &str) -> bool {
    is_listed(&PROTOCOLS, word)
}

fn is_listed(list: &[&str], word: &str) -> bool {
    word.len() <= MOST_WORD
        && list
            .binary_search(&word.to_ascii_lowercase().as_str())
            .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_short() {
        for list in [
            &SOFTWARE[..],
            &KNOWN,
            &BEFORE_ADDRESSES,
            &MEASURED,
            &PROTOCOLS,
        ] {
            assert!(list.is_sorted(), "{list:?}");
            assert!(list.iter().all(|word| word.len() <= MOST_WORD));
        }
    }
}
