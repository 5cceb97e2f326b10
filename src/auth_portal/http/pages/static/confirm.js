/** The page that confirms an address. @module */

import { spendOnPress } from "./link.js";

spendOnPress("/auth/email/confirm");
