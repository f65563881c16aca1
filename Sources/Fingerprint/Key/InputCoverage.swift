/// How much of the Dockerfile, the context and the build arguments is part of the key.
package enum InputCoverage: Sendable {
    /// The stages that the target needs, and what they take from the context.
    case copied(DockerfileInputs, [SelectedSource])
    /// All of it. The reasons are for display, and are empty if precise inputs were not requested.
    case whole(reasons: [DockerfileError])

    /// Determines what the needed stages take from `context`.
    ///
    /// - Parameters:
    ///   - target: returns the target of the link at a path in the context; nil if it is unknown, or leads to something
    ///     that was not scanned. The whole context is then part of the key.
    ///   - facts: the known facts about a base image; nil if they could not be determined.
    package init(
        _ inputs: PreciseInputs,
        context: ScannedContext,
        target: @escaping ([UInt8]) -> [UInt8]? = { _ in nil },
        facts: (BaseImage) -> BaseImageFacts?
    ) {
        switch inputs {
        case .whole(let reasons): self = .whole(reasons: reasons)
        case .precise(let inputs):
            let doubts = inputs.doubts(facts)
            guard doubts.isEmpty else {
                self = .whole(reasons: doubts)
                return
            }
            do {
                self = .copied(inputs, try ContextSelection(context, target: target).select(inputs.sources))
            } catch {
                self = .whole(reasons: [error])
            }
        }
    }
}

extension KeyInputs {
    /// Adds the parts of the Dockerfile, the context and the build arguments that belong to the key.
    ///
    /// - Parameters:
    ///   - arguments: as passed to the builder, sorted by name.
    ///   - buildPlatform: the platform of the build machine; part of the key only if the Dockerfile uses it.
    package mutating func cover(
        _ coverage: InputCoverage,
        dockerfile: [UInt8],
        context: ScannedContext,
        arguments: [BuildArgument],
        buildPlatform: String
    ) {
        switch coverage {
        case .whole:
            self.dockerfile = dockerfile
            self.context = context.digest.bytes
            buildArguments = arguments
            self.buildPlatform = PlatformMention.isOfBuilder(in: dockerfile) ? buildPlatform : nil
        case .copied(let inputs, let selected):
            stages = inputs.result
            sources = SelectedSource.encode(selected)
            buildArguments = arguments.filter { inputs.countedArguments.contains($0.name) }
            self.buildPlatform = inputs.dependsOnBuilder ? buildPlatform : nil
        }
    }
}
