/**
 * Off-heap float tensors and what is computed on them: ND4J views, BLAS, vector kernels with
 * forward beside backward, worker threads. Knows nothing of transformers or of language.
 */
package org.esolm.tensor;
