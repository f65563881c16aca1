package import Options
package import Signatures
import SystemPackage

/// The options `sign-key` and `verify-key`, before any file is read.
package struct SignatureConfiguration: Equatable, Sendable {
    /// The source of a key as the user gave it.
    struct Source: Equatable, Sendable {
        /// The option or variable, for errors.
        let name: String
        let isVariable: Bool
        /// The value without any secret: a path, or `$NAME`.
        let shown: String
        /// The key in PEM, or the path of a file. It is never shown: a key that is not PEM looks like a path.
        let value: String

        fileprivate var isPEM: Bool { SignatureConfiguration.isPEM(value) }

        /// The same source after its file was read: a value that names a file is not a key.
        fileprivate var asFile: Source {
            guard !isPEM, shown == SignatureConfiguration.hidden else { return self }
            return Source(name: name, isVariable: isVariable, shown: value, value: value)
        }

        func error(_ reason: String) -> OptionError {
            isVariable
                ? .invalidVariable(name, value: shown, reason: reason)
                : .invalid(option: name, value: shown, reason: reason)
        }
    }

    /// Nil if this build signs nothing.
    let signKey: Source?
    /// An image needs a signature by one key of each list. Empty if signatures are not checked.
    let verifyKeys: [[Source]]
    /// The key that a build from another repository lacks. Without it, the build uses nothing from the registry.
    let missingSecret: OptionError?

    /// Stands for a value that may be a key.
    private static let hidden = "(a key)"

    /// The variable with which the agent's owner sets the keys that verify images.
    package static let verifyVariable = "DOCKER_CACHE_VERIFY_KEY"

    /// - Parameters:
    ///   - signs: whether this build saves images that others may use. Other builds need no key, and may not have it.
    ///   - getsNoSecrets: whether a missing variable is acceptable
    ///   - hasRegistry: without a registry, there are no images to check
    init(
        _ options: OptionValues,
        environment: [String: String],
        stage: ConfigurationStage,
        signs: Bool,
        getsNoSecrets: Bool,
        hasRegistry: Bool
    ) throws(OptionError) {
        for option in [OptionTable.signKey, OptionTable.verifyKey] where options.has(option) && !hasRegistry {
            throw .conflict(
                option: options.displayName(option),
                with: options.displayName(OptionTable.provider),
                reason: "a provider without a registry cannot store signatures. Use one with a registry, or leave out "
                    + "\(options.displayName(option))."
            )
        }
        var lists: [[Source]] = []
        var missing: OptionError?
        if hasRegistry, let owners = environment[Self.verifyVariable] {
            lists.append([try Self.owners(owners)])
        }
        let known = stage == .inCheckout ? environment : nil
        if options.isGivenAsText(OptionTable.verifyKey), !options.has(OptionTable.verifyKey) {
            let error = OptionError.empty(
                option: options.displayName(OptionTable.verifyKey),
                variable: OptionTable.verifyKey.variable
            )
            guard getsNoSecrets else { throw error }
            missing = error
            lists.append([])
        }
        if options.has(OptionTable.verifyKey) {
            var sources: [Source] = []
            do {
                for text in Self.joiningKeys(options.list(OptionTable.verifyKey)) {
                    if let source = try Self.source(text, options, OptionTable.verifyKey, known) {
                        sources.append(source)
                    }
                }
            } catch {
                guard error.saysThatVariableIsNotSet, getsNoSecrets else { throw error }
                // Without any key, no signature is valid.
                (sources, missing) = ([], error)
            }
            if known != nil { lists.append(sources) }
        }
        verifyKeys = lists
        missingSecret = missing
        guard signs, let text = try options.text(OptionTable.signKey) else {
            signKey = nil
            return
        }
        signKey = try Self.source(text, options, OptionTable.signKey, known)
        if let signKey, !text.hasPrefix("$"), signKey.isPEM {
            throw .invalid(
                option: options.displayName(OptionTable.signKey),
                value: Self.hidden,
                reason: "anyone who can read the pipeline can read the key. Put it into a secret, and write $NAME here."
            )
        }
    }

    /// The key of the agent's owner. A relative path would be in the checkout, to which a branch can write anything.
    private static func owners(_ value: String) throws(OptionError) -> Source {
        let source = Source(
            name: verifyVariable,
            isVariable: true,
            shown: isPEM(value) ? hidden : value,
            value: value
        )
        guard source.isPEM || value.hasPrefix("/") else {
            throw source.error(
                "expected a public key in PEM, or the absolute path of a file with keys. Set one, or unset the "
                    + "variable."
            )
        }
        return source
    }

    private static func isPEM(_ text: String) -> Bool { text.contains("-----BEGIN ") }

    /// Joins the lines of each key: a string of several lines arrives as one element per line.
    private static func joiningKeys(_ texts: [String]) -> [String] {
        var joined: [String] = []
        var isInside = false
        for text in texts where !text.isEmpty {
            if isInside, let last = joined.popLast() {
                joined.append("\(last)\n\(text)")
            } else {
                joined.append(text)
                isInside = isPEM(text)
            }
            if text.contains("-----END ") { isInside = false }
        }
        return joined
    }

    /// Nil if it is too early to read variables.
    private static func source(
        _ text: String,
        _ options: OptionValues,
        _ option: OptionDefinition,
        _ environment: [String: String]?
    ) throws(OptionError) -> Source? {
        guard let environment else { return nil }
        let isText = isPEM(text)
        return Source(
            name: options.displayName(option),
            isVariable: false,
            // A value that is neither a path nor the name of a variable may be a key without its first line.
            shown: isText || option == OptionTable.signKey && !text.contains { "/.$".contains($0) } ? hidden : text,
            value: isText ? text : try options.resolved(text, of: option, environment: environment)
        )
    }

    /// Reads the keys. Throws ``OptionError`` for a key that cannot be read or used.
    ///
    /// - Parameter read: returns the content of the file at a path. Throws `Errno`.
    package func keys(read: (String) throws -> String) throws(OptionError) -> SignatureKeys {
        var signing: SigningKey?
        if let source = signKey {
            let text = try Self.text(source, read)
            do {
                signing = try SigningKey(pem: text)
            } catch {
                throw source.asFile.error("\(error).")
            }
        }
        var lists: [[VerifyingKey]] = []
        for sources in verifyKeys {
            var keys: [VerifyingKey] = []
            for source in sources {
                let text = try Self.text(source, read)
                do {
                    keys += try VerifyingKey.all(pem: text)
                } catch {
                    throw source.asFile.error("\(error).")
                }
            }
            lists.append(keys)
        }
        return SignatureKeys(signing: signing, policy: SignaturePolicy(lists))
    }

    private static func text(_ source: Source, _ read: (String) throws -> String) throws(OptionError) -> String {
        guard !source.isPEM else { return source.value }
        do {
            return try read(source.value)
        } catch {
            // Any other value may be a key that is not PEM.
            guard source.shown == source.value else { throw unusable(source) }
            switch error as? Errno ?? .ioError {
            case .noSuchFileOrDirectory, .notDirectory:
                throw source.error(
                    "there is no such file.\(InputConfiguration.placeHint(FilePath(source.value))) "
                        + "Name a PEM file that this user can read."
                )
            case .isDirectory: throw source.error("it is a directory. Name a PEM file that this user can read.")
            case let error: throw source.error("the file cannot be read: \(error). Let this user read it.")
            }
        }
    }

    /// The error for a value that is not shown, or for that of a variable.
    private static func unusable(_ source: Source) -> OptionError {
        let words = "neither a PEM key, which begins with -----BEGIN, nor the path of a readable file."
        return source.shown == hidden
            ? .unusable(option: source.name, reason: "is \(words)")
            : source.error("the value of the variable is \(words)")
    }
}

/// The keys of a lookup.
package struct SignatureKeys: Sendable {
    /// Nil if nothing is signed.
    package let signing: SigningKey?
    /// Nil if nothing is checked.
    package let policy: SignaturePolicy?

    package static let none = SignatureKeys(signing: nil, policy: nil)
}
