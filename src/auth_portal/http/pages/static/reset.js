/** The page that sets a new password by a letter's link. @module */

import { spendOnPress } from "./link.js";
import { meter, wakePeeks } from "./password.js";

wakePeeks();
meter("password", () => []);
spendOnPress("/auth/reset/password", ({ password }) => ({ password }));
