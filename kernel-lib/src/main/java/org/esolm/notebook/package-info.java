/**
 * What a notebook shows: rich values, tables and progress, the same under every Java kernel (the
 * project's own, JJava, IJava, Rapaio) and as text where there is no notebook. Kernels are found by
 * name, so nothing here needs one to compile or run. How values of the library look is said by the
 * values themselves or in {@link org.esolm.view}; the kernel itself is {@link org.esolm.jupyter}.
 */
package org.esolm.notebook;
