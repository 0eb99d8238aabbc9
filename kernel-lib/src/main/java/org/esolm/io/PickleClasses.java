package org.esolm.io;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.razorvine.pickle.IObjectConstructor;
import net.razorvine.pickle.PickleException;

/**
 * The Python classes and functions that a checkpoint may name. Few are made into something: what
 * tensors and dictionaries need. The classes of some libraries, of which Lightning keeps objects
 * among the hyper-parameters (the configuration, the tokenizer), become a {@link PickledObject},
 * and so do the names of Python's own types. All else is refused by its name.
 */
final class PickleClasses {
  private static final Map<String, IObjectConstructor> MADE =
      Map.of(
          "collections.OrderedDict", PickleClasses::dictionary,
          "collections.defaultdict", args -> new LinkedHashMap<>(),
          "torch._utils._rebuild_tensor_v2", PickleClasses::tensor,
          "torch._utils._rebuild_tensor", PickleClasses::tensor,
          "torch._utils._rebuild_parameter", args -> args[0],
          "torch._utils._rebuild_parameter_with_state", args -> args[0],
          "torch.Size", args -> args[0]);

  private static final Map<String, ElementType> STORAGES =
      Map.of(
          "DoubleStorage", ElementType.F64,
          "FloatStorage", ElementType.F32,
          "HalfStorage", ElementType.F16,
          "BFloat16Storage", ElementType.BF16,
          "LongStorage", ElementType.I64,
          "IntStorage", ElementType.I32,
          "ShortStorage", ElementType.I16,
          "CharStorage", ElementType.I8,
          "ByteStorage", ElementType.U8,
          "BoolStorage", ElementType.BOOL);

  /** Libraries whose classes, not functions, may be named. */
  private static final List<String> LIBRARIES =
      List.of(
          "omegaconf",
          "transformers",
          "tokenizers",
          "lightning",
          "lightning_fabric",
          "lightning_utilities",
          "pytorch_lightning",
          "torchmetrics",
          "pathlib",
          "typing");

  private static final Set<String> NAMES =
      Stream.concat(
              Stream.of(
                      "object",
                      "type",
                      "dict",
                      "list",
                      "tuple",
                      "set",
                      "frozenset",
                      "str",
                      "int",
                      "float",
                      "bool",
                      "bytes",
                      "bytearray",
                      "complex",
                      "slice",
                      "range")
                  .flatMap(name -> Stream.of("builtins." + name, "__builtin__." + name)),
              Stream.of(
                  "_codecs.encode", // bytes, in protocol 2
                  "copyreg._reconstructor",
                  "copy_reg._reconstructor",
                  "collections.Counter",
                  "argparse.Namespace",
                  "numpy.dtype",
                  "numpy.ndarray",
                  "numpy.core.multiarray.scalar",
                  "numpy._core.multiarray.scalar",
                  "torch.device",
                  "torch.Tensor",
                  "torch.nn.parameter.Parameter",
                  "torch.serialization._get_layout",
                  "torch.float64",
                  "torch.float32",
                  "torch.float16",
                  "torch.bfloat16",
                  "torch.int64",
                  "torch.int32",
                  "torch.int16",
                  "torch.int8",
                  "torch.uint8",
                  "torch.bool"))
          .collect(Collectors.toUnmodifiableSet());

  private PickleClasses() {}

  /** The class of a storage, which a persistent id names. */
  record StorageClass(ElementType type) implements IObjectConstructor {
    @Override
    public Object construct(Object[] args) {
      throw new PickleException("a storage inside the pickle itself");
    }
  }

  /**
   * What makes the objects of a class.
   *
   * @throws IllegalArgumentException if it is not in the list
   */
  static IObjectConstructor allowed(String module, String name) {
    String full = module + "." + name;
    if (MADE.containsKey(full)) {
      return MADE.get(full);
    }
    boolean storage = module.equals("torch") || module.equals("torch.storage");
    if (storage && STORAGES.containsKey(name)) {
      return new StorageClass(STORAGES.get(name));
    }
    if (NAMES.contains(full) || isClassOfLibrary(module, name)) {
      return args -> new PickledObject(full);
    }
    throw new IllegalArgumentException(
        "asks for %s, which is not among the classes that a checkpoint may name; it was not run"
            .formatted(full));
  }

  private static boolean isClassOfLibrary(String module, String name) {
    String library = module.split("\\.", 2)[0];
    return LIBRARIES.contains(library) && name.matches("_*[A-Z]\\w*");
  }

  /** {@code OrderedDict()}, or with a list of pairs. */
  private static Map<Object, Object> dictionary(Object[] args) {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (Object pair : args.length == 0 ? List.of() : (List<?>) args[0]) {
      Object[] p = pair instanceof List<?> list ? list.toArray() : (Object[]) pair;
      RestrictedUnpickler.put(map, p[0], p[1]);
    }
    return map;
  }

  /** Storage, offset, shape and strides; what follows is about gradients. */
  private static Object tensor(Object[] args) {
    if (!(args[0] instanceof TorchStorage storage)) {
      throw new PickleException("a tensor without a storage");
    }
    return TorchTensor.of(storage, args[1], args[2], args[3]);
  }
}
