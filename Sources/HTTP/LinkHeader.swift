/// The `Link` header (RFC 8288), in which a registry names the next page of a list.
package enum LinkHeader {
    /// The target of the first link with the relation `next`, as written: absolute or relative.
    package static func next(in values: [String]) -> String? {
        for value in values {
            var rest = Substring(value)
            while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
                let target = rest[rest.index(after: start)..<end]
                rest = rest[rest.index(after: end)...]
                if isNext(takeParameters(&rest)) { return String(target) }
            }
        }
        return nil
    }

    /// The parameters between a target and the comma before the next one, split at semicolons. Inside quotes, commas
    /// and semicolons are literal.
    private static func takeParameters(_ rest: inout Substring) -> [String] {
        var parameters = [""]
        var isQuoted = false
        var isEscaped = false
        while let character = rest.popFirst() {
            if !isQuoted, character == "," { break }
            if !isQuoted, character == ";" {
                parameters.append("")
                continue
            }
            if character == "\"", !isEscaped { isQuoted.toggle() }
            isEscaped = isQuoted && character == "\\" && !isEscaped
            parameters[parameters.count - 1].append(character)
        }
        return parameters
    }

    private static func isNext(_ parameters: [String]) -> Bool {
        for parameter in parameters {
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].filter({ !$0.isWhitespace }).lowercased() == "rel" else { continue }
            // Only the first `rel` parameter of a link is valid (section 3.3). It may name several relations, between
            // spaces.
            let value = parts[1].filter { $0 != "\"" }.lowercased()
            return value.split(whereSeparator: \.isWhitespace).contains("next")
        }
        return false
    }
}
