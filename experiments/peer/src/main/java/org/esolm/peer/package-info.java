/**
 * The four systems in eager PyTorch, written against PyTorch's C++ library: the opponent of the
 * speed comparison where there is no Python. It does what a plain PyTorch program does, operation
 * by operation, without Python's cost for each.
 */
package org.esolm.peer;
