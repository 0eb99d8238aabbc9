/**
 * The Java kernel for Jupyter: cells are evaluated by one JShell inside the kernel's own virtual
 * machine, so the library and its native memory are shared with the cells. The wire protocol comes
 * from the base library that IJava is built on. What notebooks show with, in this kernel or another
 * one, lives in {@link org.esolm.notebook}; running notebooks headless is the business of the
 * experiments module.
 */
package org.esolm.jupyter;
