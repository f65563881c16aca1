import Testing

@testable import Lookup

/// The message of a lookup that holds a lock to the waiting lookups.
@Suite struct StageNoteTests {
    @Test(
        "What a process left for those who wait is taken as it was meant, or not at all",
        arguments: [
            ("pull 1000.", 3_500, "For 2 s it has been taking the image, or its layers, from the registry."),
            ("build 9000.", 1_000, "For 0 s it has been building the image."),
            ("build -9223372036854775808.", 1_000, "For 0 s it has been building the image."),
            ("build 10", 1_000, nil), ("", 1_000, nil), ("dance 1000.", 1_000, nil), ("build x.", 1_000, nil),
        ] as [(String, Int64, String?)]
    )
    func notes(_ text: String, now: Int64, sentence: String?) {
        #expect(StageNote(text)?.sentence(now: now) == sentence)
        if let note = StageNote(text) { #expect(StageNote(note.text) == note) }
    }
}
