/** The page of "this wasn't me". @module */

import { spendOnPress } from "./link.js";

spendOnPress("/auth/not-me");
