"""Graders as clients send them, and the two calls that take them."""

from typing import Any

import httpx

Json = dict[str, Any]

CHECK: Json = {
    "type": "string_check",
    "name": "label",
    "input": "{{sample.output_text}}",
    "reference": "{{item.label}}",
    "operation": "eq",
}
SIMILARITY: Json = {
    "type": "text_similarity",
    "name": "alike",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.label }}",
    "evaluation_metric": "rouge_l",
}
PYTHON: Json = {"type": "python", "source": "def grade(sample, item):\n    return 1.0"}
BLOCKS = [
    {"type": "input_text", "text": "Compare {{item.label}}\n\nwith {{sample.output_text}}"},
    {"type": "input_image", "image_url": "https://example.com/{{item.label}}.png", "file_id": None, "detail": "high"},
    {"type": "input_audio", "input_audio": {"data": "{{item.label}}", "format": "mp3"}},
    "and say why",
]
SCORE: Json = {
    "type": "score_model",
    "name": "Example score model grader",
    "input": [
        {"role": "system", "content": "Answer with a number. {{item.script}}"},
        {"role": "user", "content": BLOCKS},
        {"role": "assistant", "content": {"type": "output_text", "text": "Yes?"}, "type": "message"},
    ],
    "model": "gpt-5-mini",
    "range": [0, 1],
    "sampling_params": {"temperature": 1, "top_p": 1, "seed": 42, "reasoning_effort": "medium"},
    "pass_threshold": 0.5,
}
LABELS: Json = {
    "type": "label_model",
    "name": "mood",
    "model": "gpt-4o-2024-08-06",
    "input": [{"role": "user", "content": {"type": "input_text", "text": "{{item.script}}"}}],
    "labels": ["positive", "negative"],
    "passing_labels": ["positive"],
}
MULTI: Json = {
    "type": "multi",
    "name": "all",
    "graders": {"label": CHECK, "score": SCORE, "mood": LABELS},
    "calculate_output": "0.5 * label + 0.25 * score + 0.25 * mood",
}
ITEM = {"label": "Paris", "script": "emulator:score=0.4\nemulator:label=positive"}

# Of a run at the service, in its order (observed, 2025).
ERRORS = [
    "formula_parse_error",
    "sample_parse_error",
    "sample_parse_error_details",
    "truncated_observation_error",
    "unresponsive_reward_error",
    "invalid_variable_error",
    "invalid_variable_error_details",
    "other_error",
    "python_grader_server_error",
    "python_grader_server_error_type",
    "python_grader_runtime_error",
    "python_grader_runtime_error_details",
    "model_grader_server_error",
    "model_grader_refusal_error",
    "model_grader_refusal_error_details",
    "model_grader_parse_error",
    "model_grader_parse_error_details",
    "model_grader_exceeded_max_tokens_error",
    "model_grader_server_error_details",
    "endpoint_grader_internal_error",
    "endpoint_grader_internal_error_details",
    "endpoint_grader_server_error",
    "endpoint_grader_server_error_details",
    "endpoint_grader_safety_check_error",
]


class Graders:
    """The two calls."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def post(self, call: str, body: Any) -> httpx.Response:
        return self._client.post(f"/openai/v1/fine_tuning/alpha/graders/{call}", json=body)

    def run(self, grader: Json, sample: str = "Paris", item: Any = ITEM) -> Json:
        answer = self.post("run", {"grader": grader, "model_sample": sample, "item": item})
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    def refusal(self, call: str, grader: Any, sample: str = "") -> tuple[int, str, str]:
        answer = self.post(call, {"grader": grader, "model_sample": sample})
        error = answer.json()["error"]
        assert error["type"] == "invalid_request_error"
        return answer.status_code, error["param"], error["message"]
