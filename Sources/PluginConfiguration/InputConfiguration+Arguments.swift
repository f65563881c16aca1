import Fingerprint
import Images
import Options

/// Reads the options that are passed to `docker build` unchanged.
extension InputConfiguration {
    static func buildArguments(_ options: OptionValues) throws(OptionError) -> [String] {
        let texts = options.list(OptionTable.buildArguments).filter { !$0.isEmpty }
        for text in texts where text.hasPrefix("=") {
            throw .invalid(
                option: options.displayName(OptionTable.buildArguments),
                value: text,
                reason: "there is no name before the \"=\"; expected NAME=value or NAME."
            )
        }
        return texts
    }

    static func additionalArguments(
        _ options: OptionValues
    ) throws(OptionError) -> AdditionalArguments? {
        guard let text = try options.text(OptionTable.additionalBuildArguments) else { return nil }
        let name = options.displayName(OptionTable.additionalBuildArguments)
        let words: [String]
        do {
            words = try ShellWords.split(text)
        } catch {
            throw .invalid(option: name, value: text, reason: "\(error).")
        }
        let arguments = AdditionalArguments(words: words)
        if let flag = arguments.unusable.first {
            throw .invalid(
                option: name,
                value: text,
                reason: "with \(flag), the image does not reach the daemon, where the step needs it. Leave it out."
            )
        }
        if let tag = arguments.tags.first {
            throw .invalid(
                option: name,
                value: text,
                reason: "a build would give the image the name \(tag), and a hit would not. Leave it out, and use "
                    + "\(options.displayName(OptionTable.localTags)) for names in the daemon, "
                    + "\(options.displayName(OptionTable.tags)) for tags in the registry."
            )
        }
        if let word = arguments.positional.first {
            throw .invalid(
                option: name,
                value: text,
                reason: "\"\(word)\" is not an option of docker build. "
                    + "The context is given by \(options.displayName(OptionTable.context))."
            )
        }
        return arguments
    }

    /// The one platform that is named; nil to leave it to the daemon.
    ///
    /// Builders treat several platforms differently. The client of 20.10 takes the last. buildx takes all, which is an
    /// error without containerd's image store and makes a multi-platform image with it.
    static func platform(
        _ options: OptionValues,
        additional: AdditionalArguments?,
        environment: [String: String]
    ) throws(OptionError) -> Platform? {
        let (own, flag) = (options.displayName(OptionTable.platform), "--platform")
        let added = "\(options.displayName(OptionTable.additionalBuildArguments)) \(flag)"
        var named = (additional?.platforms ?? []).map { (text: $0, option: added) }
        if let text = try options.text(OptionTable.platform) { named.insert((text, own), at: 0) }
        if named.isEmpty, let text = environment["DOCKER_DEFAULT_PLATFORM"], !text.isEmpty {
            named = [(text, "DOCKER_DEFAULT_PLATFORM")]
        }
        var chosen: Platform?
        for (text, option) in named {
            guard let platform = Platform(text) else {
                throw .invalid(
                    option: option,
                    value: text,
                    reason: "expected one platform, as system/architecture, such as linux/amd64 or linux/arm64."
                )
            }
            if let chosen, chosen != platform {
                throw .invalid(
                    option: option,
                    value: text,
                    reason: "\(chosen) is named too, and an image here is for one platform; name one of them, with "
                        + "\(own)."
                )
            }
            chosen = platform
        }
        return chosen
    }
}
