package import Images
package import SystemPackage

/// Everything `docker build` is told, as a value.
package struct BuildRequest: Equatable, Sendable {
    /// Where the Dockerfile comes from.
    package enum Dockerfile: Equatable, Sendable {
        case file(FilePath)
        /// The text itself, given to docker on standard input.
        case inline([UInt8])
    }

    package var context: FilePath
    package var dockerfile: Dockerfile
    /// The name the finished image gets.
    package var image: ImageReference
    package var target: String?
    package var platform: Platform?
    /// `NAME=value`, or `NAME` for a value that docker takes from the environment.
    package var buildArguments: [String]
    /// `id=…[,src=…|,env=…]`; needs BuildKit.
    package var secrets: [String]
    /// Name and value, in order.
    package var labels: [(name: String, value: String)]
    /// Where layers are taken from, if they are there.
    package var layerSources: [LayerSource]
    /// What is kept for builders elsewhere.
    package var layerExport: LayerExport
    /// Whether no cached layer is used: so an expired image is built.
    package var startsAnew: Bool
    /// Whether base images are fetched anew, also where the daemon has them.
    package var pullsBases: Bool
    /// Whether buildx is told to bring the image into the daemon, which not all of its drivers do by themselves.
    var loads = false
    /// The user's own further arguments, passed last so that they win.
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
    package var arguments: [String] {
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
        if pullsBases { arguments.append("--pull") }
        if startsAnew { arguments.append("--no-cache") }
        return arguments + additionalArguments + ["--", context.string]
    }

    /// Layers that could not be kept are no reason for a build to fail. With an image's kind of manifest they are
    /// accepted by registries that know images alone, such as ECR.
    private static func layerTarget(_ reference: ImageReference) -> String {
        "type=registry,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true,ref=\(reference)"
    }

    package static func == (left: BuildRequest, right: BuildRequest) -> Bool {
        left.arguments == right.arguments && left.dockerfile == right.dockerfile
    }
}

/// What a build keeps so that a builder elsewhere can take layers.
package enum LayerExport: Equatable, Sendable {
    case none
    /// The image itself says which steps made its layers. Only the stage that is built is covered.
    case inline
    /// The layers of all stages go to the registry, beside the image.
    case registry(ImageReference)
}
