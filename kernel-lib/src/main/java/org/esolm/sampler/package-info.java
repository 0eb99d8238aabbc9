/**
 * Sampling as a conversation with a denoiser: which positions next, and how to draw their tokens.
 * One class a system. What a denoiser is made of (a network, the toy language's oracle) is not
 * decided here.
 */
package org.esolm.sampler;
