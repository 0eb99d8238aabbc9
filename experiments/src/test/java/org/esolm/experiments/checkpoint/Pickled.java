package org.esolm.experiments.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.esolm.io.ElementType;

/**
 * Writes pickles as Python's own pickler does when torch.save calls it: protocol 2, every container
 * and text in the memo, storages as persistent ids.
 */
final class Pickled {
  /** A block of elements; two tensors with the same one share it. */
  record Storage(ElementType type, byte[] bytes) {
    static Storage floats(ElementType type, float... values) {
      ByteBuffer b =
          ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
      for (float v : values) {
        switch (type) {
          case F32 -> b.putFloat(v);
          case F64 -> b.putDouble(v);
          case F16 -> b.putShort(Float.floatToFloat16(v));
          case BF16 -> b.putShort((short) (Float.floatToRawIntBits(v) >>> 16));
          case I64 -> b.putLong((long) v);
          default -> throw new IllegalArgumentException(type.name());
        }
      }
      return new Storage(type, b.array());
    }

    long size() {
      return bytes.length / type.bytes();
    }
  }

  /** A view of a storage. */
  record Tensor(Storage storage, long offset, int[] shape, long[] strides) {
    /** All of a storage, row by row. */
    static Tensor of(Storage storage, int... shape) {
      long[] strides = new long[shape.length];
      long step = 1;
      for (int i = shape.length - 1; i >= 0; i--) {
        strides[i] = step;
        step *= shape[i];
      }
      return new Tensor(storage, 0, shape, strides);
    }
  }

  /** A tensor inside torch.nn.Parameter. */
  record Parameter(Tensor tensor) {}

  /** A class or function by its name. */
  record Global(String module, String name) {}

  /** A function and what it is called with. */
  record Call(Global function, Object... args) {}

  /** A new object of a class with its attributes. */
  record Instance(Global type, Map<String, Object> state) {}

  /** An OrderedDict, with the attribute that a state dictionary has. */
  record OrderedDict(Map<String, ?> entries, boolean metadata) {}

  /** A tuple. */
  record Tuple(Object... items) {}

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Map<Object, Integer> memo = new HashMap<>(); // texts and globals
  private final Map<Storage, String> keys = new LinkedHashMap<>();
  private int memoSize;

  /** Pickles an object. */
  Pickled(Object root) {
    out.write(0x80);
    out.write(2);
    write(root);
    out.write('.');
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  /** The storages in the order of their keys 0, 1, ... */
  List<Storage> storages() {
    return List.copyOf(keys.keySet());
  }

  private void write(Object o) {
    switch (o) {
      case null -> out.write('N');
      case Boolean b -> out.write(b ? 0x88 : 0x89);
      case Integer i -> integer(i);
      case Long l -> integer(l);
      case Double d -> {
        out.write('G');
        out.writeBytes(ByteBuffer.allocate(8).putDouble(d).array());
      }
      case String s -> text(s);
      case Global g -> global(g);
      case Tuple t -> tuple(t.items());
      case Tensor t -> tensor(t);
      case Parameter p ->
          call(
              new Global("torch._utils", "_rebuild_parameter"),
              p.tensor(),
              true,
              new OrderedDict(Map.of(), false));
      case Call c -> call(c.function(), c.args());
      case Instance i -> {
        global(i.type());
        out.write(')');
        out.write(0x81); // NEWOBJ
        memoize();
        write(i.state());
        out.write('b');
      }
      case OrderedDict d -> orderedDict(d);
      case Map<?, ?> map -> {
        out.write('}');
        memoize();
        items(map);
      }
      case List<?> list -> {
        out.write(']');
        memoize();
        out.write('(');
        list.forEach(this::write);
        out.write('e');
      }
      default -> throw new IllegalArgumentException(o.toString());
    }
  }

  private void integer(long n) {
    if (n >= 0 && n < 256) {
      out.write('K');
      out.write((int) n);
    } else if (n >= 0 && n < 65536) {
      out.write('M');
      little(2, n);
    } else if (n == (int) n) {
      out.write('J');
      little(4, n);
    } else {
      out.write(0x8a); // LONG1
      out.write(8);
      little(8, n);
    }
  }

  private void little(int bytes, long n) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (n >>> 8 * i));
    }
  }

  private void text(String s) {
    if (!remembered(s)) {
      byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
      out.write('X');
      little(4, utf8.length);
      out.writeBytes(utf8);
      remember(s);
    }
  }

  private void global(Global g) {
    if (!remembered(g)) {
      out.write('c');
      out.writeBytes((g.module() + "\n" + g.name() + "\n").getBytes(StandardCharsets.US_ASCII));
      remember(g);
    }
  }

  private boolean remembered(Object o) {
    Integer index = memo.get(o);
    if (index == null) {
      return false;
    }
    out.write(index < 256 ? 'h' : 'j');
    little(index < 256 ? 1 : 4, index);
    return true;
  }

  private void remember(Object o) {
    memo.put(o, memoSize);
    memoize();
  }

  private void memoize() {
    out.write(memoSize < 256 ? 'q' : 'r');
    little(memoSize < 256 ? 1 : 4, memoSize);
    memoSize++;
  }

  private void tuple(Object... items) {
    if (items.length == 0) {
      out.write(')');
      return;
    }
    if (items.length > 3) {
      out.write('(');
    }
    Arrays.stream(items).forEach(this::write);
    out.write(items.length > 3 ? 't' : 0x84 + items.length); // TUPLE1 to TUPLE3
    memoize();
  }

  private void call(Global function, Object... args) {
    global(function);
    tuple(args);
    out.write('R');
    memoize();
  }

  private void items(Map<?, ?> map) {
    out.write('(');
    map.forEach(
        (key, value) -> {
          write(key);
          write(value);
        });
    out.write('u');
  }

  private void orderedDict(OrderedDict d) {
    call(new Global("collections", "OrderedDict"));
    if (!d.entries().isEmpty()) {
      items(d.entries());
    }
    if (d.metadata()) {
      Map<String, Object> version = Map.of("version", 1);
      write(Map.of("_metadata", new OrderedDict(Map.of("", version), false)));
      out.write('b');
    }
  }

  private void tensor(Tensor t) {
    String key = keys.computeIfAbsent(t.storage(), s -> Integer.toString(keys.size()));
    String type =
        switch (t.storage().type()) {
          case F64 -> "DoubleStorage";
          case F32 -> "FloatStorage";
          case F16 -> "HalfStorage";
          case BF16 -> "BFloat16Storage";
          case I64 -> "LongStorage";
          default -> throw new IllegalArgumentException(t.storage().type().name());
        };
    global(new Global("torch._utils", "_rebuild_tensor_v2"));
    out.write('(');
    tuple("storage", new Global("torch", type), key, "cuda:0", t.storage().size());
    out.write('Q'); // BINPERSID
    write(t.offset());
    tuple(Arrays.stream(t.shape()).boxed().toArray());
    tuple(Arrays.stream(t.strides()).boxed().toArray());
    write(false);
    write(new OrderedDict(Map.of(), false));
    out.write('t');
    memoize();
    out.write('R');
    memoize();
  }
}
