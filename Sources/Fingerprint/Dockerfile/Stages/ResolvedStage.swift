/// A stage whose references are known, with the triggers that it runs first.
struct ResolvedStage {
    let stage: DockerfileStage
    let base: StageReference
    /// Which of the images under the base's name it is.
    let variant: BaseImage.Variant
    let instructions: [ResolvedInstruction]

    var neededStages: [Int] {
        ([base] + instructions.flatMap(\.references)).compactMap { reference in
            guard case .stage(let number) = reference else {
                return nil
            }
            return number
        }
    }
}
