/* Where a person's files lie. Source: XDG Base Directory Specification 0.8: a variable that is
 * unset, empty or relative counts as unset.
 *
 * Ownership The caller frees; NULL when neither the variable nor HOME is there.
 * Thread    ANY.
 */
#ifndef OB_BASE_DIRS_H
#define OB_BASE_DIRS_H

char *ob_dir_config(void); /* $XDG_CONFIG_HOME/outboard */
char *ob_dir_state(void);  /* $XDG_STATE_HOME/outboard */
char *ob_dir_k9s(void);    /* $K9S_CONFIG_DIR, else $XDG_CONFIG_HOME/k9s */

#endif
