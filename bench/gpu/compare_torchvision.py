"""Compares a forward and a backward pass of ResNet-18 and ResNet-50 with torchvision's.

usage: compare_torchvision.py PROGRAM [--device cpu|cuda] [--size PIXELS] [--batch N]

PROGRAM is adares-bench-network-pass. It writes its initial weights, which torchvision's network then
takes; skip weights are fixed at 1. Both compute in float32 without TF32, and once more in float64:
where rounding moves a number over the bend of a ReLU, float32 gradients differ by whole terms, so that
only float64 tells whether they are the same. Prints a JSON object and exits with 1 where an error is
above the limits.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import torch
import torchvision

import tensor_file

# Largest difference, in parts of the largest number of the tensor.
LOGIT_LIMITS = {"float32": 1e-4, "float64": 1e-10}
GRADIENT_LIMITS = {"float64": 1e-8}
# Length of the difference of all gradients together, in parts of their length.
LENGTH_LIMITS = {"float32": 0.2, "float64": 1e-8}


def relative_error(result, expected):
    difference = (result.double().cpu() - expected.double().cpu()).abs().max().item()
    return difference / expected.double().abs().max().item()


def relative_length(results, expected):
    squares = [((results[name].double().cpu() - expected[name].double().cpu()).square().sum().item(),
                expected[name].double().square().sum().item()) for name in expected]
    return (sum(square for square, _ in squares) / sum(square for _, square in squares)) ** 0.5


def torchvision_pass(depth, weights, images, labels):
    model = {18: torchvision.models.resnet18, 50: torchvision.models.resnet50}[depth]()
    model.load_state_dict({name: tensor for name, tensor in weights.items()
                           if not name.startswith("skip_weights.")})
    # As ours: in another layout torchvision's own float32 logits differ by more than the limit.
    model = model.to(images.device, images.dtype, memory_format=torch.channels_last).train()
    images = images.contiguous(memory_format=torch.channels_last)
    logits = model(images)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    result = {"logits": logits, "loss": loss}
    for name, parameter in model.named_parameters():
        result["gradient." + name] = parameter.grad
    model.eval()
    with torch.no_grad():
        result["evaluation"] = model(images)
    return {name: tensor.detach() for name, tensor in result.items()}


def compare(program, depth, dtype, options):
    torch.manual_seed(depth)
    images = torch.randn(options.batch, 3, options.size, options.size).to(dtype)
    labels = torch.randint(1000, (options.batch,))
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("input", "weights", "output")]
        tensor_file.save({"images": images, "labels": labels}, paths[0])
        subprocess.run([program, str(depth), options.device, *paths], check=True)
        weights, ours = tensor_file.load(paths[1]), tensor_file.load(paths[2])
    expected = torchvision_pass(depth, weights, images.to(options.device),
                                labels.to(options.device))
    if set(ours) != set(expected):
        raise ValueError(f"other tensors than torchvision's: {sorted(set(ours) ^ set(expected))}")
    errors = {name: relative_error(ours[name], expected[name]) for name in expected}
    gradients = {name: expected[name] for name in expected if name.startswith("gradient.")}
    worst = max(gradients, key=errors.get)
    length = relative_length(ours, gradients)
    name = str(dtype).removeprefix("torch.")
    # One by one: a comparison with NaN is false, and the largest of NaN and a number may be either.
    passed = (errors["logits"] <= LOGIT_LIMITS[name]
              and errors["evaluation"] <= LOGIT_LIMITS[name]
              and errors[worst] <= GRADIENT_LIMITS.get(name, float("inf"))
              and length <= LENGTH_LIMITS[name])
    return {"network": f"resnet{depth}", "type": name, "device": options.device,
            "batch": options.batch, "pixels": options.size,
            "training_logits_error": errors["logits"],
            "evaluation_logits_error": errors["evaluation"], "loss_error": errors["loss"],
            "gradients_length_error": length, "largest_gradient_error": errors[worst],
            "largest_gradient_error_of": worst.removeprefix("gradient."), "passed": passed}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--device", default="cuda", choices=["cpu", "cuda"])
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--batch", type=int, default=16)
    options = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    results = [compare(options.program, depth, dtype, options)
               for dtype in (torch.float32, torch.float64) for depth in (18, 50)]
    print(json.dumps({"torch": torch.__version__, "torchvision": torchvision.__version__,
                      "logit_limits": LOGIT_LIMITS, "gradient_limits": GRADIENT_LIMITS,
                      "gradients_length_limits": LENGTH_LIMITS, "networks": results}))
    return 0 if all(result["passed"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
