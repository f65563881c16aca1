import FoundationEssentials
import Testing

@testable import Providers

@Suite struct LifecyclePolicyTests {
    @Test func thePolicyIsWhatECRReads() throws {
        struct Policy: Decodable {
            struct Rule: Decodable {
                struct Selection: Decodable { let tagStatus, countType, countUnit: String, countNumber: Int }
                struct Action: Decodable { let type: String }
                let rulePriority: Int
                let selection: Selection
                let action: Action
            }
            let rules: [Rule]
        }
        let policy = try JSONDecoder().decode(Policy.self, from: Data(ECRProvider.policy(days: 14).utf8))
        let rule = try #require(policy.rules.first)
        #expect(policy.rules.count == 1)
        #expect(rule.selection.tagStatus == "any")
        #expect(rule.selection.countType == "sinceImagePushed")
        #expect(rule.selection.countUnit == "days")
        #expect(rule.selection.countNumber == 14)
        #expect(rule.action.type == "expire")
    }
}
