/// The `Link` header (RFC 8288), by which a registry names the next page of a list.
enum LinkHeader {
    /// The target of the first link whose relation is `next`, as it is written: absolute or relative.
    static func next(in values: [String]) -> String? {
        for value in values {
            var rest = Substring(value)
            while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
                let target = rest[rest.index(after: start)..<end]
                rest = rest[rest.index(after: end)...]
                let parameters = takeParameters(&rest)
                if isNext(parameters) { return String(target) }
            }
        }
        return nil
    }

    /// What stands between a target and the comma before the next one; a comma in quotes is none.
    private static func takeParameters(_ rest: inout Substring) -> Substring {
        var isQuoted = false
        var isEscaped = false
        var end = rest.startIndex
        while end < rest.endIndex {
            let character = rest[end]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                break
            }
            end = rest.index(after: end)
        }
        defer { rest = rest[end...] }
        return rest[..<end]
    }

    private static func isNext(_ parameters: Substring) -> Bool {
        for parameter in parameters.split(separator: ";") {
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].filter({ !$0.isWhitespace }).lowercased() == "rel" else { continue }
            // Only the first relation of a link counts (section 3.3). It may name several, between spaces.
            let value = parts[1].filter { $0 != "\"" }.lowercased()
            return value.split(whereSeparator: \.isWhitespace).contains("next")
        }
        return false
    }
}
