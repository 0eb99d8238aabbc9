package org.esolm.peer;

import java.util.List;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorList;
import org.bytedeco.pytorch.global.torch;

/**
 * Clipping, fused AdamW and the moving average, all parameters in one call each, as {@code
 * torch.optim.AdamW(fused=True)} does. The C++ interface has no fused optimizer, so a few lines of
 * TorchScript call the same operators that Python's optimizer calls.
 */
final class Optimizer {
  private static final String SCRIPT =
      """
      def listOf(x: Tensor) -> List[Tensor]:
          return [x]

      def step(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor],
               steps: List[Tensor], ema: List[Tensor]):
          norm = torch.linalg_vector_norm(torch.stack(torch._foreach_norm(g, 2.0)), 2.0)
          torch._foreach_mul_(g, torch.clamp(1.0 / (norm + 1e-6), max=1.0))
          torch._foreach_add_(steps, 1.0)
          none: List[Tensor] = []
          torch._fused_adamw_(p, g, m, v, none, steps, lr=3e-4, beta1=0.9, beta2=0.999,
                              weight_decay=0.0, eps=1e-8, amsgrad=False, maximize=False)
          torch._foreach_lerp_(ema, p, 1e-4)
      """;

  private final List<Tensor> parameters;
  private final CompilationUnit script = torch.compile(SCRIPT);
  private final Function step = script.find_function(new QualifiedName("step"));
  private final IValue[] lists = new IValue[6];
  private final TensorList gradients;

  Optimizer(List<Tensor> parameters) {
    this.parameters = parameters;
    TensorList[] handles = new TensorList[lists.length];
    Function listOf = script.find_function(new QualifiedName("listOf"));
    for (int i = 0; i < lists.length; i++) {
      lists[i] = listOf.apply(new IValueVector(new IValue(torch.zeros(1))));
      handles[i] = lists[i].toTensorList(); // the same list: what enters it is in the argument too
      handles[i].clear();
    }
    gradients = handles[1];
    for (Tensor p : parameters) {
      Tensor value = p.detach();
      handles[0].push_back(value);
      handles[2].push_back(torch.zeros_like(value));
      handles[3].push_back(torch.zeros_like(value));
      handles[4].push_back(torch.zeros(new long[0]));
      handles[5].push_back(value.clone());
    }
  }

  /** Forgets the gradients, so that the next backward pass makes them anew. */
  void clearGradients() {
    parameters.forEach(p -> p.mutable_grad().reset());
  }

  void step() {
    gradients.clear();
    parameters.forEach(p -> gradients.push_back(p.grad()));
    step.apply(new IValueVector(lists));
  }
}
