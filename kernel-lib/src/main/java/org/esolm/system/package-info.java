/**
 * The named systems: which objective, denoiser and sampler belong together under one configuration.
 * The place to add a system of one's own.
 */
package org.esolm.system;
