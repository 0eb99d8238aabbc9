/**
 * The one transformer of the paper and the passes through it: configuration, parameters under the
 * released checkpoints' names, attention patterns as key ranges, forward and backward, decoding
 * with a cache. What a pass is for (an objective, a sampler, a likelihood) is not known here.
 */
package org.esolm.model;
