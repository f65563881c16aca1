import FoundationEssentials
import SystemPackage

/// A profile of `~/.aws/config` and `~/.aws/credentials`, as far as it is read here: the rest is for the command line.
///
/// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
struct AWSProfile: Equatable, Sendable {
    let name: String
    /// Whether a variable names it; else it is the one that counts where none is named.
    let isNamed: Bool
    /// What both files say of it, by names in small letters; the file of credentials wins.
    let settings: [String: String]

    /// Chooses the profile as Amazon's tools do, and reads it.
    ///
    /// - Parameter read: the text of a file; nil if it is not there or not for this user
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
        // Only this profile may have its name alone as its title there.
        let titles = name == "default" ? ["default", "profile default"] : ["profile \(name)"]
        settings = section("AWS_CONFIG_FILE", "config", titles)
            .merging(section("AWS_SHARED_CREDENTIALS_FILE", "credentials", [name])) { $1 }
    }

    private static func path(_ text: String, home: FilePath?) -> FilePath {
        guard text.hasPrefix("~/"), let home else { return FilePath(text) }
        return home.appending(String(text.dropFirst(2)))
    }

    /// The settings below the titles. Lines that are set in belong to the setting before them.
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

    /// The value of a setting that is there and not empty.
    func value(_ setting: String) -> String? { settings[setting].flatMap { $0.isEmpty ? nil : $0 } }

    /// A setting that only the command line understands: another role, a person's login, a program, an address.
    var settingForTool: String? {
        let known = ["role_arn", "credential_process", "login_session", "endpoint_url", "services"]
        return settings.keys.sorted().first { known.contains($0) || $0.hasPrefix("sso_") }
    }
}
