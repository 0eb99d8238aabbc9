/**
 * Text: corpora, tokenizers, packing into blocks, and the toy language with its oracle, whose truth
 * is known exactly. Models are not known here.
 */
package org.esolm.data;
