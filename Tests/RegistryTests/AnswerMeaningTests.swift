import Testing

@testable import Registry

@Suite struct AnswerMeaningTests {
    private static func json(_ code: String, _ message: String = "m") -> String {
        #"{"errors": [{"code": "\#(code)", "message": "\#(message)"}]}"#
    }

    private static let page = "<!DOCTYPE html><title>Not here</title>"
    private static let ecr =
        "The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because "

    private typealias Case = (Int, String, version: Bool, write: Bool, known: Bool, ResponseMeaning)

    private static let cases: [Case] = [
        (200, "", false, false, false, .success),
        (202, "", false, false, false, .success),
        (401, json("UNAUTHORIZED"), true, false, true, .failure(.unauthorised)),
        (403, json("DENIED"), true, false, true, .failure(.forbidden)),
        (403, "no", false, true, false, .failure(.forbidden)),
        // Not found: valid only if it comes from a registry.
        (404, json("MANIFEST_UNKNOWN"), false, false, false, .absent),
        (404, json("NAME_UNKNOWN"), false, false, false, .absent),
        (404, json("BLOB_UNKNOWN"), true, false, true, .absent),
        (404, json("DENIED"), true, false, true, .failure(.forbidden)),
        (404, json("UNAUTHORIZED"), true, false, true, .failure(.unauthorised)),
        (404, "", true, false, false, .absent),
        (404, "404 page not found", false, false, false, .doubtfullyAbsent),
        (404, "", false, false, false, .doubtfullyAbsent),
        (404, "", false, false, true, .absent),
        (404, "not found", false, false, true, .absent),
        (404, page, false, false, false, .failure(.notARegistry)),
        (404, page, false, false, true, .failure(.notARegistry)),
        (404, page, true, false, false, .absent),
        (404, #"{"message": "no Route matched"}"#, false, false, false, .doubtfullyAbsent),
        // Immutable tags, with the messages of Amazon, Google, Harbor and others.
        (400, json("TAG_INVALID", ecr + "the repository is immutable."), true, true, true, .failure(.immutableTag)),
        (400, json("TAG_INVALID", ecr + "the tag is immutable."), true, true, true, .failure(.immutableTag)),
        (
            400,
            json("MANIFEST_INVALID", "cannot update tag v1. The repository has enabled tag immutability"), true, true,
            true, .failure(.immutableTag)
        ),
        (
            412, json("PRECONDITION", "Failed to process request due to 'app:v1' configured as immutable."), true, true,
            true, .failure(.immutableTag)
        ),
        (409, json("TAG_IMMUTABLE"), true, true, true, .failure(.immutableTag)),
        (409, json("CONFLICT", "the tag cannot be overwritten"), true, true, true, .failure(.immutableTag)),
        (403, json("DENIED", "access to repository immutable-app is denied"), true, true, true, .failure(.forbidden)),
        (400, json("TAG_INVALID", "is immutable"), true, false, true, .failure(.refused)),
        (400, json("MANIFEST_INVALID"), true, true, true, .failure(.unsupported)),
        (400, json("MANIFEST_INVALID"), true, false, true, .failure(.refused)),
        (400, json("MANIFEST_BLOB_UNKNOWN"), true, true, true, .failure(.refused)),
        (415, "", false, true, true, .failure(.unsupported)),
        (409, json("CONFLICT"), true, true, true, .failure(.refused)),
        (413, json("DENIED", "quota exceeded"), true, true, true, .failure(.refused)),
        (405, json("UNSUPPORTED"), true, false, true, .failure(.unsupported)),
        (405, "", false, false, false, .failure(.unsupported)),
        (405, json("REGISTRY_DISALLOWED_OPERATION"), true, false, true, .failure(.forbidden)),
        (400, json("UNSUPPORTED"), true, false, true, .failure(.unsupported)),
        (429, "", false, false, false, .failure(.rateLimited)),
        (400, json("TOOMANYREQUESTS"), true, false, true, .failure(.rateLimited)),
        (500, json("UNKNOWN"), true, false, true, .failure(.serverFailed)),
        (502, page, false, false, true, .failure(.unreachable)),
        (503, "", false, false, true, .failure(.unreachable)),
        (504, "", false, false, true, .failure(.unreachable)),
        (507, "", false, false, true, .failure(.serverFailed)),
        (418, "", false, false, false, .failure(.refused)),
        (400, page, false, false, false, .failure(.notARegistry)),
        (304, "", true, false, true, .failure(.refused)),
    ]

    @Test(arguments: cases.indices)
    func anAnswerMeansOneThing(position: Int) {
        let (status, body, version, write, known, expected) = Self.cases[position]
        let meaning = ResponseMeaning(
            status: status,
            body: ErrorBody(Array(body.utf8), contentType: nil),
            namesVersion: version,
            isWrite: write,
            isKnownRegistry: known
        )
        #expect(meaning == expected, "\(status) \(body)")
    }
}
