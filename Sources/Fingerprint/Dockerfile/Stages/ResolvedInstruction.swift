/// An instruction, or a trigger of the stage that this one starts from.
struct ResolvedInstruction {
    let instruction: DockerfileInstruction
    /// In the Dockerfile: of the `ONBUILD` for a trigger.
    let line: Int
    let escape: UInt8
    /// What it copies or mounts from.
    let references: [StageReference]
}
