/// The two functions of Go's standard library that determine the meaning of a `.dockerignore` line, on bytes.
///
/// Docker applies `filepath.Clean` and `strings.TrimSpace` to every pattern, to some of them twice. The functions here
/// must give the same results.
enum GoPath {
    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    /// Returns the shortest path that names the same file lexically: without doubled slashes and `.`, and with `..`
    /// resolved where possible.
    static func cleaned(_ path: [UInt8]) -> [UInt8] {
        guard !path.isEmpty else {
            return [dot]
        }
        let isRooted = path[0] == slash
        var kept: [ArraySlice<UInt8>] = []
        for component in path.split(separator: slash) where !component.elementsEqual([dot]) {
            guard component.elementsEqual([dot, dot]) else {
                kept.append(component)
                continue
            }
            if let last = kept.last, !last.elementsEqual([dot, dot]) {
                kept.removeLast()
            } else if !isRooted {
                kept.append(component)
            }
        }
        let joined = Array(kept.joined(separator: [slash]))
        if isRooted {
            return [slash] + joined
        }
        return joined.isEmpty ? [dot] : joined
    }

    /// Returns `bytes` without the Unicode white space at both ends. Bytes that are not UTF-8 are not white space.
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        while let space = whiteSpace.first(where: { rest.starts(with: $0) }) {
            rest = rest.dropFirst(space.count)
        }
        while let space = whiteSpace.first(where: { rest.suffix($0.count).elementsEqual($0) }) {
            rest = rest.dropLast(space.count)
        }
        return rest
    }

    /// The characters that `unicode.IsSpace` accepts, as UTF-8.
    private static let whiteSpace: [[UInt8]] = {
        let singles: [UInt32] = [
            0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
        ]
        let scalars = (singles + Array(0x2000...0x200A)).compactMap(Unicode.Scalar.init)
        return scalars.map { Array(String($0).utf8) }
    }()
}
