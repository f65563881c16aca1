package import Images
import Processes
package import SystemPackage

/// The parameters of one `docker build`.
package struct BuildRequest: Equatable, Sendable {
    /// Where the Dockerfile comes from.
    package enum Dockerfile: Equatable, Sendable {
        case file(FilePath)
        /// The content itself, passed to docker on standard input.
        case inline([UInt8])
    }

    package var context: FilePath
    package var dockerfile: Dockerfile
    /// The name of the finished image.
    package var image: ImageReference
    package var target: String?
    package var platform: Platform?
    /// `NAME=value`, or `NAME` for a value that docker takes from the environment.
    package var buildArguments: [String]
    /// `id=…[,src=…|,env=…]`; needs BuildKit.
    package var secrets: [String]
    /// Name and value, in order.
    package var labels: [(name: String, value: String)]
    /// Where the build takes cached layers from, if they exist.
    package var layerSources: [LayerSource]
    /// What the build stores for other builders.
    package var layerExport: LayerExport
    /// Whether the build uses no cached layers. An expired image is built this way.
    package var startsAnew: Bool
    /// Whether base images are pulled even if the daemon has them.
    package var pullsBases: Bool
    /// Whether buildx is told to load the image into the daemon. Not all of its drivers do so by default.
    var loads = false
    /// The file to which buildx writes its report. An additional argument can override it.
    var metadataFile: FilePath?
    /// The user's additional arguments, passed last so that they take precedence.
    package var additionalArguments: [String]

    package init(context: FilePath, dockerfile: Dockerfile, image: ImageReference) {
        self.context = context
        self.dockerfile = dockerfile
        self.image = image
        target = nil
        platform = nil
        buildArguments = []
        secrets = []
        labels = []
        layerSources = []
        layerExport = .none
        startsAnew = false
        pullsBases = false
        additionalArguments = []
    }

    /// The arguments of the docker command, from `build` on.
    package var arguments: [String] { ownArguments + additionalArguments + ["--", context.string] }

    /// The arguments in a form that is safe to display: without the values of build arguments, and with only the names
    /// of the user's additional arguments, any of which may hold a secret.
    var shownArguments: [String] {
        Self.hidingValues(ownArguments, ofAll: false) + Self.hidingValues(additionalArguments, ofAll: true)
            + ["--", context.string]
    }

    private static func hidingValues(_ words: [String], ofAll: Bool) -> [String] {
        var flag = ""
        return words.map { word in
            let isFlag = word.hasPrefix("-")
            let name = isFlag ? String(word.prefix { $0 != "=" }) : flag
            defer { flag = isFlag ? word : "" }
            guard ofAll || name == "--build-arg" else { return word }
            let value = isFlag ? word.dropFirst(name.count + 1) : word[...]
            guard !isFlag || word.contains("=") else { return word }
            let start = isFlag ? "\(name)=" : ""
            guard name == "--build-arg" else { return "\(start)***" }
            return start + value.prefix { $0 != "=" } + (value.contains("=") ? "=***" : "")
        }
    }

    private var ownArguments: [String] {
        var arguments = ["build"]
        switch dockerfile {
        case .file(let path): arguments += ["--file", path.string]
        case .inline: arguments += ["--file", "-"]
        }
        arguments += ["--tag", image.description]
        if let target { arguments += ["--target", target] }
        if let platform { arguments += ["--platform", platform.description] }
        for argument in buildArguments { arguments += ["--build-arg", argument] }
        switch layerExport {
        case .none: break
        case .inline: arguments += ["--build-arg", "BUILDKIT_INLINE_CACHE=1"]
        case .registry(let reference): arguments += ["--cache-to", Self.layerTarget(reference)]
        }
        for secret in secrets { arguments += ["--secret", secret] }
        for label in labels { arguments += ["--label", "\(label.name)=\(label.value)"] }
        for source in layerSources { arguments += ["--cache-from", source.description] }
        if loads { arguments.append("--load") }
        if let metadataFile { arguments += ["--metadata-file", metadataFile.string] }
        if pullsBases { arguments.append("--pull") }
        if startsAnew { arguments.append("--no-cache") }
        return arguments
    }

    /// The value of `--cache-to`. A build does not fail because its layers could not be exported. With an image
    /// manifest, registries that accept only images, such as ECR, accept the layers.
    private static func layerTarget(_ reference: ImageReference) -> String {
        "type=registry,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true,ref=\(reference)"
    }

    package static func == (left: BuildRequest, right: BuildRequest) -> Bool {
        left.arguments == right.arguments && left.dockerfile == right.dockerfile
    }
}

/// What a build stores so that another builder can reuse layers.
package enum LayerExport: Equatable, Sendable {
    case none
    /// The image itself records which steps made its layers. This covers only the stage that is built.
    case inline
    /// The layers of all stages go to the registry, beside the image.
    case registry(ImageReference)
}

/// A source of cached layers: a value of `--cache-from`.
package enum LayerSource: Equatable, Sendable, CustomStringConvertible {
    /// An image, named as for `docker pull`.
    case image(String)
    /// Another of buildx's cache types, such as `type=local,src=DIRECTORY`.
    case other(String)

    /// The value for `docker build`. An image is given by its bare name, which all builders accept: clients before
    /// version 23 cut `type=registry,ref=NAME` at its comma.
    package var description: String {
        switch self {
        case .image(let name): name
        case .other(let text): text
        }
    }

    /// The value in a form that is safe to display: some of buildx's cache types have secrets among their fields.
    package var shown: String { ShownCommand.text([description]) }

    package static func image(_ reference: ImageReference) -> LayerSource { .image(reference.description) }

    /// Whether the source is in `repository`, judged by its name alone. Another name of the same host is not noticed.
    package func isIn(_ repository: RepositoryName) -> Bool {
        let names =
            switch self {
            case .image(let name): [name]
            // With several fields `ref`, it is up to buildx which one is used.
            case .other(let text): Self.fields(text).filter { $0.key == "ref" }.compactMap { $0.value }
            }
        guard let other = try? RegistryReference(repository: repository).repository else { return false }
        return names.contains { name in
            (try? RegistryReference(name).repository).map(Self.compared) == Self.compared(other)
        }
    }

    /// The form of a name in which equal names of one repository are equal strings: host names are case-insensitive,
    /// and the usual ports can be left out.
    private static func compared(_ repository: RepositoryName) -> String {
        var host = (repository.host ?? "").lowercased()
        for port in [":443", ":80"] where host.hasSuffix(port) { host.removeLast(port.utf8.count) }
        return "\(host)/\(repository.path)"
    }

    /// Parses a user's value: a name, or fields such as `type=registry,ref=NAME`. Nil if it is neither, or if buildx
    /// could read it differently: it parses a line of CSV, in which a quoted field can contain commas.
    package init?(_ text: String) {
        let fields = Self.fields(text)
        let types = fields.filter { $0.key == "type" }.compactMap { $0.value }
        guard !types.isEmpty else {
            guard (try? RegistryReference(text)) != nil else { return nil }
            self = .image(text)
            return
        }
        let isUnclear = text.unicodeScalars.contains { $0 == "\"" || $0.properties.generalCategory == .control }
        guard !isUnclear, fields.allSatisfy({ !$0.key.isEmpty && $0.value?.isEmpty == false }) else { return nil }
        guard types.contains("registry") else {
            self = .other(text)
            return
        }
        let names = fields.filter { $0.key == "ref" }.compactMap { $0.value }
        guard let name = names.first, names.allSatisfy({ (try? RegistryReference($0)) != nil }) else { return nil }
        self = fields.count == 2 ? .image(name) : .other(text)
    }

    /// The fields of a value. As in buildx, the case of a key does not matter. The value is nil without `=`.
    private static func fields(_ text: String) -> [(key: String, value: String?)] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (parts[0].lowercased(), parts.count == 2 ? parts[1] : nil)
        }
    }
}
