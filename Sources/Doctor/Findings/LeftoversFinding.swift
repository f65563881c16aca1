import Garbage

/// The verdict on what killed processes have left behind, and on other files that are not needed.
enum LeftoversFinding {
    package static func judge(_ files: [LeftoverFile]) -> Finding {
        guard let first = files.first else { return .ok("none") }
        let kinds = files.reduce(into: [(kind: LeftoverFile.Kind, count: Int)]()) { kinds, file in
            if kinds.last?.kind == file.kind {
                kinds[kinds.count - 1].count += 1
            } else {
                kinds.append((file.kind, 1))
            }
        }
        let text = kinds.map { "\($0.kind.rawValue): \($0.count)" }.joined(separator: ", ")
        return .warning(
            "\(text), such as \(first.path): they are no longer needed",
            advice: "They do no harm; gc and --fix remove them.",
            repair: .remove(files)
        )
    }
}
