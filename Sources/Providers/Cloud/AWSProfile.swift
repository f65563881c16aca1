import FoundationEssentials
import SystemPackage

/// A profile of `~/.aws/config` and `~/.aws/credentials`. Only the settings needed here are read; the rest is left to
/// the command line.
///
/// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
struct AWSProfile: Equatable, Sendable {
    let name: String
    /// Whether a variable names the profile. If false, it is the default profile.
    let isNamed: Bool
    /// The settings from both files, by lower-case name. The credentials file takes precedence.
    let settings: [String: String]

    /// Selects the profile as Amazon's tools do, and reads it.
    ///
    /// - Parameter read: returns the content of a file; nil if it does not exist or is not readable
    init(environment: [String: String], home: FilePath?, read: (FilePath) -> String?) {
        let given = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].lazy
            .compactMap { environment[$0] }.first { !$0.isEmpty }
        name = given ?? "default"
        isNamed = given != nil
        func section(_ variable: String, _ file: String, _ titles: [String]) -> [String: String] {
            let path = environment[variable].flatMap { $0.isEmpty ? nil : Self.path($0, home: home) }
            guard let path = path ?? home?.appending(".aws").appending(file), let text = read(path) else { return [:] }
            return Self.section(titles, of: text)
        }
        // In the config file, only the default profile may omit the word `profile` in its title.
        let titles = name == "default" ? ["default", "profile default"] : ["profile \(name)"]
        settings = section("AWS_CONFIG_FILE", "config", titles)
            .merging(section("AWS_SHARED_CREDENTIALS_FILE", "credentials", [name])) { $1 }
    }

    private static func path(_ text: String, home: FilePath?) -> FilePath {
        guard text.hasPrefix("~/"), let home else { return FilePath(text) }
        return home.appending(String(text.dropFirst(2)))
    }

    /// The settings in the sections with these titles. Skips indented lines, which belong to the setting before them.
    static func section(_ titles: [String], of text: String) -> [String: String] {
        var settings: [String: String] = [:]
        var isOurs = false
        for line in text.split(whereSeparator: \.isNewline) where line.first?.isWhitespace == false {
            if line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("[") {
                let title = line.dropFirst().prefix { $0 != "]" }.split(whereSeparator: \.isWhitespace)
                isOurs = titles.contains(title.joined(separator: " "))
            } else if isOurs, let equals = line.firstIndex(of: "=") {
                let value = line[line.index(after: equals)...]
                settings[Self.trimmed(line[..<equals]).lowercased()] = Self.trimmed(value)
            }
        }
        return settings
    }

    private static func trimmed(_ text: Substring) -> String {
        let rest = text.drop(while: \.isWhitespace)
        return String(rest.reversed().drop(while: \.isWhitespace).reversed())
    }

    /// The value of a setting; nil if it is missing or empty.
    func value(_ setting: String) -> String? { settings[setting].flatMap { $0.isEmpty ? nil : $0 } }

    /// The first setting that only the command line supports: another role, an interactive login, a program or an
    /// endpoint.
    var settingForTool: String? {
        let known = ["role_arn", "credential_process", "login_session", "endpoint_url", "services"]
        return settings.keys.sorted().first { known.contains($0) || $0.hasPrefix("sso_") }
    }
}
