#!/usr/bin/env python3
"""Checks the IAM policy of docs/trust.md with moto's own policy evaluation.

    policy_check.py docs/trust.md

Prints the problems, and exits with 1 if there are any. The requests of Docker and this tool to ECR are those of
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html and of Sources/Providers/Cloud.
"""

import json
import pathlib
import re
import sys

from moto.iam.access_control import IAMPolicy, PermissionResult

REPOSITORY = "arn:aws:ecr:eu-central-1:123456789012:repository/"
PULL = ["BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"]
PUSH = ["InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage"]
MAKE = ["CreateRepository", "PutLifecyclePolicy"]
OTHERS = ["BatchDeleteImage", "DeleteRepository", "SetRepositoryPolicy", "DeleteLifecyclePolicy"]

EXPECTED = (
    [("GetAuthorizationToken", "*", True)]
    + [(action, REPOSITORY + "my-app", True) for action in PULL]
    + [(action, REPOSITORY + "my-app", False) for action in PUSH + MAKE + OTHERS]
    + [(action, REPOSITORY + "my-app-untrusted", True) for action in PULL + PUSH + MAKE]
    + [(action, REPOSITORY + "my-app-untrusted", False) for action in OTHERS]
    + [(action, REPOSITORY + "another-app", False) for action in PULL + PUSH + MAKE + OTHERS]
)


def main():
    page = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    text = re.search(r"```json\n(\{.*?\n\})\n```", page, re.DOTALL)[1]
    policy = IAMPolicy({"policy_document": json.dumps(json.loads(text))})
    wrong = [
        f"ecr:{action} on {resource}: expected {'yes' if expected else 'no'}"
        for action, resource, expected in EXPECTED
        if (policy.is_action_permitted(f"ecr:{action}", resource) == PermissionResult.PERMITTED) != expected
    ]
    print("\n".join(wrong) or f"{len(EXPECTED)} permissions are as they should be")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
