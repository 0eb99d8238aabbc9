/**
 * The forward process and what follows from it alone: the noise schedule, times, masking, the
 * orders in which tokens are denoised and how many at a time. No networks, losses or samplers here.
 */
package org.esolm.diffusion;
