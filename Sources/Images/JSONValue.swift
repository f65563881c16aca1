import FoundationEssentials

/// Any JSON text, for content whose makers are many and keep to no schema.
///
/// Names in objects are found as Go's `encoding/json` finds them, exactly or else without regard to case: Docker reads
/// `onbuild` as `OnBuild`, and what Docker acts on must be seen here too.
package enum JSONValue: Equatable, Sendable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Reads a whole JSON text in UTF-8. Throws what `JSONDecoder` throws if it is none.
    package init(parsing bytes: some Sequence<UInt8>) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// The member called `name` of an object; nil where there is none, or this is no object, or it is null.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        let member =
            members[name]
            ?? members.filter { $0.key.lowercased() == name.lowercased() }.min { $0.key < $1.key }?.value
        return member == .null ? nil : member
    }

    /// The text of a string.
    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The elements of an array.
    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members of an object.
    package var object: [String: JSONValue]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// A number without a fraction.
    package var integer: Int64? {
        if case .number(let value) = self { Int64(exactly: value) } else { nil }
    }

    /// The members of an object that are strings; empty where this is no object.
    package var strings: [String: String] {
        (object ?? [:]).compactMapValues(\.string)
    }
}
