package import Images
import Processes

/// Something from which a build may take layers: a value of `--cache-from`.
package enum LayerSource: Equatable, Sendable, CustomStringConvertible {
    /// An image, by a name as `docker pull` takes it.
    case image(String)
    /// One of buildx's other kinds, as in `type=local,src=DIRECTORY`.
    case other(String)

    /// As `docker build` is told of it. An image goes by its bare name, which all builders know: clients before
    /// version 23 cut `type=registry,ref=NAME` at its comma.
    package var description: String {
        switch self {
        case .image(let name): name
        case .other(let text): text
        }
    }

    /// As people may see it: some of buildx's kinds have secrets among their fields.
    package var shown: String { ShownCommand.text([description]) }

    package static func image(_ reference: ImageReference) -> LayerSource { .image(reference.description) }

    /// Reads what a user writes: a name, or fields such as `type=registry,ref=NAME`. Nil if it is neither.
    package init?(_ text: String) {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        }
        guard fields.contains(where: { $0.count == 2 && $0[0] == "type" }) else {
            guard (try? RegistryReference(text)) != nil else { return nil }
            self = .image(text)
            return
        }
        guard fields.allSatisfy({ $0.count == 2 && !$0[0].isEmpty && !$0[1].isEmpty }) else { return nil }
        let isRegistry = fields.contains { $0[0] == "type" && $0[1] == "registry" }
        guard isRegistry, fields.count == 2, let name = fields.first(where: { $0[0] == "ref" })?[1] else {
            guard !isRegistry || fields.contains(where: { $0[0] == "ref" }) else { return nil }
            self = .other(text)
            return
        }
        guard (try? RegistryReference(name)) != nil else { return nil }
        self = .image(name)
    }
}
