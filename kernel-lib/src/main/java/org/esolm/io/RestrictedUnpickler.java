package org.esolm.io;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.PickleUtils;
import net.razorvine.pickle.Unpickler;

/**
 * Reads a pickle of PyTorch, protocol 2 to 5, that may have been made to do harm. Every class that
 * it asks for must be in {@link PickleClasses}; no length is believed before that many bytes are
 * there; dictionaries keep their order.
 */
final class RestrictedUnpickler extends Unpickler {
  /** Opcodes of protocols 0 and 1 that no later protocol writes. */
  private static final Set<Short> OLD =
      Set.of(
          Opcodes.INST,
          Opcodes.OBJ,
          Opcodes.PERSID,
          Opcodes.INT,
          Opcodes.LONG,
          Opcodes.FLOAT,
          Opcodes.STRING,
          Opcodes.UNICODE,
          Opcodes.GET,
          Opcodes.PUT,
          Opcodes.DICT,
          Opcodes.LIST);

  private final Map<String, TorchStorage> storages;

  /**
   * Prepares to read.
   *
   * @param storages gets every storage that the pickle names
   */
  RestrictedUnpickler(Map<String, TorchStorage> storages) {
    this.storages = storages;
  }

  /**
   * Reads a whole pickle.
   *
   * @throws IllegalArgumentException if it is not one, or asks for a class that is not allowed
   */
  Object read(byte[] pickle) {
    try {
      return load(new ByteArrayInputStream(pickle)); // which can say how much is left
    } catch (IOException | PickleException e) {
      throw new IllegalArgumentException("not a whole pickle: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) { // a stack that is empty, an object that is another
      throw new IllegalArgumentException("not a valid pickle: " + e, e);
    }
  }

  @Override
  protected Object dispatch(short opcode) throws IOException {
    if (OLD.contains(opcode)) {
      throw new PickleException("opcode '%c' of a protocol before 2".formatted((char) opcode));
    }
    requireLength(opcode);
    switch (opcode) {
      case Opcodes.GLOBAL -> global(PickleUtils.readline(input), PickleUtils.readline(input));
      case Opcodes.STACK_GLOBAL -> {
        String name = (String) stack.pop();
        global((String) stack.pop(), name);
      }
      case Opcodes.EMPTY_DICT -> stack.add(new LinkedHashMap<>());
      case Opcodes.SETITEM -> {
        Object value = stack.pop();
        put(Collections.singletonList(new Object[] {stack.pop(), value}));
      }
      case Opcodes.SETITEMS -> {
        List<Object> flat = stack.pop_all_since_marker();
        List<Object[]> pairs = new ArrayList<>();
        for (int i = 0; i < flat.size(); i += 2) {
          pairs.add(new Object[] {flat.get(i), flat.get(i + 1)});
        }
        put(pairs);
      }
      case Opcodes.APPEND -> append(Collections.singletonList(stack.pop()));
      case Opcodes.APPENDS -> append(stack.pop_all_since_marker());
      case Opcodes.EMPTY_SET -> stack.add(new PickledObject("builtins.set"));
      case Opcodes.ADDITEMS -> append(stack.pop_all_since_marker());
      case Opcodes.FROZENSET -> {
        List<Object> items = stack.pop_all_since_marker();
        stack.add(new PickledObject("builtins.frozenset"));
        append(items);
      }
      case Opcodes.BUILD -> {
        Object state = stack.pop();
        if (stack.peek() instanceof PickledObject object) {
          object.setState(state);
        } else if (!(stack.peek() instanceof Map)) { // attributes of an OrderedDict are not needed
          throw new PickleException("attributes for what has none");
        }
      }
      default -> {
        return super.dispatch(opcode);
      }
    }
    return NO_RETURN_VALUE;
  }

  private void global(String module, String name) {
    stack.add(PickleClasses.allowed(module, name));
  }

  private void put(List<Object[]> pairs) {
    Map<Object, Object> map = map(stack.peek());
    for (Object[] pair : pairs) {
      put(map, pair[0], pair[1]);
    }
  }

  /** A key that is a collection has no hash in Python, and may contain itself here. */
  static void put(Map<Object, Object> map, Object key, Object value) {
    if (key instanceof Collection || key instanceof Map) {
      throw new PickleException("a dictionary with a collection as a key");
    }
    map.put(key, value);
  }

  @SuppressWarnings("unchecked")
  private static Map<Object, Object> map(Object target) {
    return target instanceof PickledObject object ? object.entries() : (Map<Object, Object>) target;
  }

  @SuppressWarnings("unchecked")
  private void append(Collection<Object> items) {
    List<Object> list =
        stack.peek() instanceof PickledObject object ? object.items() : (List<Object>) stack.peek();
    list.addAll(items);
  }

  /** The library makes an array of whatever length the pickle states. */
  private void requireLength(short opcode) throws IOException {
    int bytes =
        switch (opcode) {
          case Opcodes.BINSTRING, Opcodes.BINUNICODE, Opcodes.BINBYTES, Opcodes.LONG4 -> 4;
          case Opcodes.BINUNICODE8, Opcodes.BINBYTES8, Opcodes.BYTEARRAY8 -> 8;
          default -> 0;
        };
    if (bytes > 0) {
      input.mark(bytes);
      byte[] field = PickleUtils.readbytes(input, bytes);
      long length =
          bytes == 4 ? PickleUtils.bytes_to_integer(field) : PickleUtils.bytes_to_long(field, 0);
      if (length < 0 || length > input.available()) {
        throw new PickleException(length + " bytes announced, " + input.available() + " are left");
      }
      input.reset();
    }
  }

  @Override
  protected Object persistentLoad(Object id) {
    Object[] parts = (Object[]) id; // ("storage", class, key, location, size)
    if (parts.length != 5
        || !"storage".equals(parts[0])
        || !(parts[1] instanceof PickleClasses.StorageClass type)
        || !(parts[2] instanceof String key)
        || !(parts[4] instanceof Integer || parts[4] instanceof Long)) {
      throw new PickleException("a persistent id that is no storage");
    }
    if (!key.matches("\\d{1,9}")) {
      throw new PickleException("a storage of the name '" + key + "', allowed: a number");
    }
    TorchStorage storage = new TorchStorage(key, type.type(), ((Number) parts[4]).longValue());
    TorchStorage before = storages.putIfAbsent(key, storage);
    if (storage.size() < 0 || before != null && before.bytes() != storage.bytes()) {
      throw new PickleException("storage " + key + " of " + storage.size() + " elements");
    }
    return storage;
  }
}
