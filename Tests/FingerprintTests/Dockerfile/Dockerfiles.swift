@testable import Fingerprint

/// Interprets a Dockerfile that is given as a string.
struct Dockerfiles {
    var target: String?
    var arguments: [String] = []
    var platform = "linux/amd64"

    func inputs(_ text: String) -> PreciseInputs {
        PreciseInputs(
            dockerfile: Array(text.utf8),
            parameters: DockerfileParameters(
                target: target,
                buildArguments: BuildArgument.resolve(arguments, environment: [:]),
                platform: platform
            )
        )
    }

    /// The sources as `kind path`, or the reasons for covering the whole context.
    func sources(_ text: String) -> [String] {
        switch inputs(text) {
        case .precise(let inputs):
            inputs.sources.map { source in
                let path = String(decoding: source.path, as: UTF8.self)
                return source.kind == .pattern ? path : "\(source.kind.rawValue) \(path)"
            }
        case .whole(let reasons): reasons.map { "whole: \($0)" }
        }
    }

    func precise(_ text: String) -> DockerfileInputs? {
        guard case .precise(let inputs) = inputs(text) else {
            return nil
        }
        return inputs
    }
}
