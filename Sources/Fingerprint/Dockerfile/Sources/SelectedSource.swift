/// A source, and what of the context it stands for.
package struct SelectedSource: Equatable, Sendable {
    package let source: ContextSource
    /// In the order of their paths' components as bytes. A directory's digest covers all below it, unless it is zero:
    /// then only the directory itself counts. The root has an empty path. Empty if nothing matches.
    package let entries: [ContextEntry]

    /// The canonical bytes for the key: each source, and the entries it stands for. Stages and lines are not in it: the
    /// instructions tell which source is whose.
    package static func encode(_ sources: [SelectedSource]) -> [UInt8] {
        var encoding = CanonicalEncoding()
        for selected in sources {
            encoding.append(selected.source.kind.rawValue)
            encoding.append(selected.source.path)
            encoding.append("\(selected.entries.count)")
            for entry in selected.entries {
                encoding.append(entry.path)
                encoding.append([entry.type.rawValue])
                encoding.append(String(entry.permissions, radix: 8))
                encoding.append(entry.digest.bytes)
            }
        }
        return encoding.bytes
    }
}
