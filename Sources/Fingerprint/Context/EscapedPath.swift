import Formatting

/// Converts paths, which are bytes, to single-line strings from which the bytes can be recovered.
package enum EscapedPath {
    /// Doubles backslashes, and writes control characters and bytes that are not UTF-8 as `\x` and two hex digits.
    package static func text(_ path: [UInt8]) -> String {
        var text = ""
        var rest = path[...]
        while !rest.isEmpty {
            var decoder = UTF8()
            var bytes = rest.makeIterator()
            guard case .scalarValue(let scalar) = decoder.decode(&bytes), scalar.value >= 32, scalar.value != 127 else {
                let byte = rest.removeFirst()
                text += "\\x" + [byte].hexadecimal
                continue
            }
            text += scalar == "\\" ? "\\\\" : String(Character(scalar))
            rest.removeFirst(UTF8.width(scalar))
        }
        return text
    }
}
