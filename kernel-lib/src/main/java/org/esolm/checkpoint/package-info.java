/**
 * Models of the released code, read from where they lie: a Lightning checkpoint or a Hugging Face
 * folder. What a file says about itself is held against its tensors, and both against the
 * transformer; file formats themselves are of {@code io}.
 */
package org.esolm.checkpoint;
