import Docker
import Fingerprint
import FoundationEssentials
import Options
import Processes
import SystemPackage

/// Context and Dockerfile.
extension InputConfiguration {
    static func context(_ options: OptionValues) throws(OptionError) -> FilePath {
        let text = try options.requiredText(OptionTable.context)
        let isAddress = text.contains("://") || (text.hasPrefix("git@") && text.contains(":"))
        if text == "-" || isAddress { throw noDirectory(text, options) }
        return FilePath(text)
    }

    /// The error for a context that is not a directory. Docker also accepts addresses and standard input.
    private static func noDirectory(_ text: String, _ options: OptionValues) -> OptionError {
        let advice =
            text == "-"
            ? "a context cannot come from standard input."
            : "fetch it in an earlier hook or plugin of the step, and name the directory."
        return .invalid(
            option: options.displayName(OptionTable.context),
            value: ShownCommand.text([text]),
            reason: "only directories work; \(advice)"
        )
    }

    /// A single string may name several paths, separated by commas, as in the plugin that this one succeeds.
    static func cacheKey(_ options: OptionValues) throws(OptionError) -> [String] {
        let elements = options.list(OptionTable.cacheKey).filter { !$0.isEmpty }
        // Templates are the syntax of other caches. The key would be the same whatever the file contains.
        if let template = elements.first(where: { $0.contains("{{") }) {
            throw .invalid(
                option: options.displayName(OptionTable.cacheKey),
                value: template,
                reason: "templates are not filled in here. Name the file whose content counts, with a / in it, such as "
                    + "./package-lock.json."
            )
        }
        guard options.isGivenAsText(OptionTable.cacheKey) else { return elements }
        return elements.flatMap { element in
            guard element.contains("/"), element.contains(",") else { return [element] }
            // All of them are paths then, even those without a directory.
            return element.split(separator: ",").map { part in
                let path = part.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                return path.contains("/") ? path : "./\(path)"
            }
        }
    }

    /// Notices for strings that look as if the contents of files were meant.
    static func notices(ofKey elements: [String]) -> [String] {
        elements.filter { !$0.contains("/") && ($0.contains("*") || kind(FilePath($0)) == .file) }.map {
            "The cache-key \"\($0)\" counts as a text. For the content of files, write \"./\($0)\"."
        }
    }

    /// The Dockerfile, and a notice about how it was found.
    ///
    /// Without the option, it is the one in the context, or otherwise the one in the working directory, as in the
    /// plugin that this one succeeds.
    static func dockerfile(
        _ options: OptionValues,
        additional: AdditionalArguments?,
        context: FilePath,
        stage: ConfigurationStage
    ) throws(OptionError) -> (dockerfile: BuildRequest.Dockerfile, notice: String?) {
        let file = try options.text(OptionTable.dockerfile)
        let inline = try options.text(OptionTable.dockerfileInline)
        if file != nil, inline != nil {
            throw .conflict(
                option: options.displayName(OptionTable.dockerfile),
                with: options.displayName(OptionTable.dockerfileInline),
                reason: "give the Dockerfile one way only."
            )
        }
        if let named = additional?.dockerfile {
            guard file == nil, inline == nil else {
                throw .conflict(
                    option: options.displayName(OptionTable.additionalBuildArguments),
                    with: options.displayName(file != nil ? OptionTable.dockerfile : OptionTable.dockerfileInline),
                    reason: "the former has a --file of its own; give the Dockerfile one way only."
                )
            }
            guard !named.isEmpty, named != "-" else {
                throw .invalid(
                    option: options.displayName(OptionTable.additionalBuildArguments),
                    value: "--file \(named)",
                    reason: "a Dockerfile cannot come from standard input here; "
                        + "use \(options.displayName(OptionTable.dockerfileInline))."
                )
            }
            return (.file(existing(FilePath(named), at: stage)), nil)
        }
        if let inline { return (.inline(Array(inline.utf8)), nil) }
        if let file { return (.file(existing(FilePath(file), at: stage)), nil) }
        let inContext = existing(context.appending("Dockerfile"), at: stage)
        let inCheckout = existing("Dockerfile", at: stage)
        guard stage == .inCheckout, !isWorkingDirectory(context), kind(inCheckout) == .file else {
            return (.file(inContext), nil)
        }
        guard kind(inContext) == nil else {
            return (.file(inContext), "Builds \(inContext), not \(inCheckout). The option dockerfile decides.")
        }
        return (.file(inCheckout), "Builds \(inCheckout), because there is no \(inContext).")
    }

    /// The file itself, or `dockerfile` in the same directory if there is no `Dockerfile`.
    ///
    /// All builders take `dockerfile` if no file is named. BuildKit also takes it if `Dockerfile` is named; the legacy
    /// builder gets the actual name.
    private static func existing(_ path: FilePath, at stage: ConfigurationStage) -> FilePath {
        guard stage == .inCheckout, path.lastComponent?.string == "Dockerfile", kind(path) == nil else { return path }
        let other = path.removingLastComponent().appending("dockerfile")
        return kind(other) == .file ? other : path
    }

    private static func isWorkingDirectory(_ path: FilePath) -> Bool {
        let workingDirectory = FilePath(FileManager.default.currentDirectoryPath)
        return workingDirectory.pushing(path).lexicallyNormalized() == workingDirectory.lexicallyNormalized()
    }

    func checkPaths(_ options: OptionValues) throws(OptionError) {
        guard Self.kind(context) == .directory else {
            let text = try options.requiredText(OptionTable.context)
            // Docker also treats these as addresses, unless there is such a directory.
            if text.hasPrefix("github.com/") || text.hasPrefix("git@") { throw Self.noDirectory(text, options) }
            throw .notFound(
                option: options.displayName(OptionTable.context),
                path: context.string,
                what: "directory",
                hint: Self.placeHint(context)
            )
        }
        guard case .file(let path) = dockerfile, cacheKey.isEmpty || options.has(OptionTable.dockerfile) else { return }
        // A FIFO, such as `<(…)`, can be read only once, and the builder would find it empty.
        guard Self.kind(path) == .file else {
            let isNamedByFlag = additionalArguments?.dockerfile != nil
            if Self.kind(path) == nil, !isNamedByFlag, !options.has(OptionTable.dockerfile) {
                throw .noDockerfile(
                    option: options.displayName(OptionTable.dockerfile),
                    directory: FileManager.default.currentDirectoryPath,
                    hasContext: !Self.isWorkingDirectory(context)
                )
            }
            throw .notFound(
                option: options.displayName(
                    isNamedByFlag ? OptionTable.additionalBuildArguments : OptionTable.dockerfile
                ),
                path: path.string,
                what: "regular file",
                hint: Self.placeHint(path) + Self.nearbyHint(path)
            )
        }
    }

    /// Where a relative path was looked for, after a space.
    static func placeHint(_ path: FilePath) -> String {
        path.isAbsolute ? "" : " It was looked for in \(FileManager.default.currentDirectoryPath)."
    }

    /// A hint at a file of that name in the working directory. Users who set a context often expect it there.
    private static func nearbyHint(_ path: FilePath) -> String {
        guard let name = path.lastComponent?.string, FilePath(name) != path.lexicallyNormalized(),
            kind(FilePath(name)) == .file
        else { return "" }
        return " There is a \(name) in the working directory: name it if it is meant."
    }

    /// Nil if there is nothing, or if this user may not look at it.
    static func kind(_ path: FilePath) -> FileContent.Kind? {
        try? FileContent.kind(path)
    }
}
