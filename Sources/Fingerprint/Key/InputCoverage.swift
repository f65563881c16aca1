/// How much of the Dockerfile, the context and the build arguments counts.
package enum InputCoverage: Sendable {
    /// The stages that the target needs, and what they take from the context.
    case copied(DockerfileInputs, [SelectedSource])
    /// All of it; the reasons are for people. None where no one asked for less.
    case whole(reasons: [DockerfileError])

    /// Finds out what the needed stages take from `context`.
    ///
    /// - Parameters:
    ///   - target: where the link at a path in the context points to; nil where that cannot be told, or where what it
    ///     leads to was not scanned. Then the whole context counts.
    ///   - facts: what is known of a base image; nil if no one could be asked.
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
    /// Takes in what counts of the Dockerfile, the context and the build arguments.
    ///
    /// - Parameters:
    ///   - arguments: as the builder gets them, sorted by name.
    ///   - buildPlatform: that of the machine that builds; counts only where the Dockerfile asks for it.
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
