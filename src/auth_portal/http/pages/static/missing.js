/** The page that leads nowhere needs no script of its own. @module */

import "./page.js";
