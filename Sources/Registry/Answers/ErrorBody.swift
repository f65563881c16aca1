import Images

/// A server's explanation of a failed request.
struct ErrorBody: Equatable {
    enum Form: Equatable {
        /// `{"errors": [{"code", "message", "detail"}]}`: the form of the distribution specification, which nothing
        /// else uses.
        case registry
        case html
        case otherText
        case empty
    }

    let form: Form
    /// The codes of the registry's form, such as `MANIFEST_UNKNOWN`, in capitals.
    let codes: [String]
    /// The message to show: one line, without control characters, of at most ``maximumLength`` characters.
    let words: String

    /// The maximum length of a message, in characters.
    static let maximumLength = 300

    /// - Parameters:
    ///   - body: may be truncated
    ///   - contentType: the `Content-Type` of the answer
    ///   - secrets: strings to remove, in case a server repeats them
    init(_ body: [UInt8], contentType: String?, hiding secrets: [String] = []) {
        let text = String(decoding: body, as: UTF8.self)
        var codes: [String] = []
        var words = ""
        // Bodies have many formats here. One that is not JSON is normal.
        if let json = try? JSONValue(parsing: body), json.object != nil {
            let errors = (json["errors"]?.array ?? []).filter { $0["code"] != nil || $0["message"] != nil }
            form = errors.isEmpty ? .otherText : .registry
            codes = errors.compactMap { $0["code"]?.string?.uppercased() }
            let messages = errors.isEmpty ? Self.otherMessages(json) : errors.map(Self.message)
            words = messages.isEmpty ? text : messages.joined(separator: "; ")
        } else if Self.isHTML(text, contentType: contentType) {
            form = .html
            words = Self.title(text)
        } else {
            words = text
            form = text.contains { !$0.isWhitespace } ? .otherText : .empty
        }
        self.codes = codes
        self.words = Self.sanitized(words, hiding: secrets)
    }

    /// Code and message of one error, and its detail if that is a string.
    private static func message(_ error: JSONValue) -> String {
        let code = error["code"]?.string
        let texts = [error["message"]?.string, error["detail"]?.string].compactMap { $0 }.filter { !$0.isEmpty }
        return ([code].compactMap { $0 } + texts).joined(separator: ": ")
    }

    /// The messages in the forms that token servers and vendors' gateways use.
    private static func otherMessages(_ json: JSONValue) -> [String] {
        ["error", "error_description", "message", "details", "detail"].compactMap { json[$0]?.string }
            .filter { !$0.isEmpty }
    }

    private static func isHTML(_ text: String, contentType: String?) -> Bool {
        if MediaType(contentType ?? "").description == "text/html" { return true }
        let start = text.drop(while: \.isWhitespace).prefix(14).lowercased()
        return start.hasPrefix("<!doctype html") || start.hasPrefix("<html")
    }

    private static func title(_ html: String) -> String {
        guard let open = html.lowercased().firstRange(of: "<title>") else { return "" }
        let rest = html.lowercased()[open.upperBound...]
        let end = rest.firstIndex(of: "<") ?? rest.endIndex
        let offset = html.lowercased().distance(from: html.lowercased().startIndex, to: open.upperBound)
        return String(html.dropFirst(offset).prefix(rest.distance(from: open.upperBound, to: end)))
    }

    static func sanitized(_ text: String, hiding secrets: [String] = []) -> String {
        var text = text
        // Removing a very short secret would reveal it.
        for secret in secrets where secret.count >= 6 {
            text.replace(secret, with: "…")
        }
        var line = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            // Escape sequences could rewrite a log. Format characters could reverse the direction of its text.
            case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator:
                if line.last != " " { line.append(" ") }
            default: line.unicodeScalars.append(scalar)
            }
        }
        let trimmed = line.drop { $0 == " " }
        let shown = trimmed.count > maximumLength ? trimmed.prefix(maximumLength) + "…" : trimmed
        return String(shown.last == " " ? shown.dropLast() : shown)
    }
}
