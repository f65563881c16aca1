/// The differences from one key to the next.
package struct KeyDifference: Equatable, Sendable {
    /// The items that were added, that were removed, and that have a different value or content.
    package struct Changes: Equatable, Sendable {
        package var added: [[UInt8]] = []
        package var removed: [[UInt8]] = []
        package var changed: [[UInt8]] = []

        package var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }
        package var count: Int { added.count + removed.count + changed.count }
    }

    /// A component that is a name, such as the target, with its values in both keys; nil where it is absent.
    package struct TextChange: Equatable, Sendable {
        package let name: String
        package let old: String?
        package let new: String?
    }

    /// The names of the components that differ, in the order in which they are encoded.
    package let components: [String]
    package let texts: [TextChange]
    package let arguments: Changes
    package let files: Changes
    /// The lines of the new Dockerfile that the old one did not have, from 1.
    package let newLines: [Int]
    /// The number of lines of the old Dockerfile that are gone.
    package let goneLines: Int
    /// The reasons why the whole context is part of the key now, if it was not before or was for other reasons.
    package let newReasons: [String]
    /// Whether the old key covered the whole context and the new one does not, or the reverse.
    package let coverageChanged: Bool

    /// The maximum number of lines that are compared. Handwritten Dockerfiles have fewer.
    private static let mostLines = 5000

    package init(from old: KeyRecord, to new: KeyRecord) {
        // If one of the records summarizes its files, both are compared at that depth.
        let depth = [old.fileDepth, new.fileDepth].compactMap(\.self).min()
        let (old, new) = (old.summarized(toDepth: depth), new.summarized(toDepth: depth))
        let byName = Self.changes(from: old.components, to: new.components)
        let different = Set(byName.added + byName.removed + byName.changed)
        components = (new.components + old.components).map(\.name).reduce(into: []) { names, name in
            let text = DockerfileText.string(name)
            if different.contains(name), !names.contains(text) { names.append(text) }
        }
        texts = Set(old.texts.keys).union(new.texts.keys).sorted().compactMap { name in
            let change = TextChange(name: name, old: old.texts[name], new: new.texts[name])
            return change.old == change.new ? nil : change
        }
        arguments = Self.changes(from: old.arguments, to: new.arguments)
        files = Self.changes(from: old.files, to: new.files)
        coverageChanged = different.contains(Array("sources".utf8)) && different.contains(Array("context".utf8))
        newReasons = new.reasons == old.reasons ? [] : new.reasons
        if old.lines.count <= Self.mostLines, new.lines.count <= Self.mostLines {
            let difference = new.lines.difference(from: old.lines)
            newLines = difference.insertions.compactMap { change in
                guard case .insert(let offset, _, _) = change else { return nil }
                return offset + 1
            }
            goneLines = difference.removals.count
        } else {
            newLines = []
            goneLines = 0
        }
    }

    /// - Parameters: in any order; names are unique.
    private static func changes(from old: [KeyRecord.Item], to new: [KeyRecord.Item]) -> Changes {
        let known = Dictionary(old.map { ($0.name, $0.mark) }, uniquingKeysWith: { $1 })
        var changes = Changes()
        for item in new {
            switch known[item.name] {
            case nil: changes.added.append(item.name)
            case item.mark: break
            default: changes.changed.append(item.name)
            }
        }
        let names = Set(new.map(\.name))
        changes.removed = old.map(\.name).filter { !names.contains($0) }
        return changes
    }
}
