"""Every flow that this room can set in motion, by name; `app.py` builds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the names are enough here: starting needs none of these rooms
    from auth_portal.entry.confirm import ConfirmEmail
    from auth_portal.entry.native import IssueNonce, NativeSignIn
    from auth_portal.entry.not_me import NotMe
    from auth_portal.entry.register import Register
    from auth_portal.entry.resend import ResendConfirmation
    from auth_portal.entry.sign_in import SignIn
    from auth_portal.entry.social import SocialCallback, SocialStart
    from auth_portal.entry.social_exchange import SocialExchange
    from auth_portal.passwords.change import ChangePassword
    from auth_portal.passwords.forgot import ForgotPassword
    from auth_portal.passwords.reset import ResetPassword
    from auth_portal.profile.delete import DeleteAccount
    from auth_portal.profile.email import ChangeEmail
    from auth_portal.profile.events import ListEvents
    from auth_portal.profile.export import ExportData
    from auth_portal.profile.names import ChangeNames
    from auth_portal.sessions.browse import ListSessions, RenameSession
    from auth_portal.sessions.devices import DeviceCookies
    from auth_portal.sessions.end import EndAll, EndOne, EndOthers, SignOut
    from auth_portal.sessions.info import Inform
    from auth_portal.sessions.recognise import Recognise
    from auth_portal.sessions.rotate import Rotate
    from auth_portal.social.identities import BeginLink, ListIdentities, RedeemLink, Unlink


@dataclass(frozen=True)
class Flows:
    """One of each; none of them knows HTTP."""

    register: Register
    sign_in: SignIn
    confirm_email: ConfirmEmail
    resend_confirmation: ResendConfirmation
    not_me: NotMe
    forgot_password: ForgotPassword
    reset_password: ResetPassword
    change_password: ChangePassword
    rotate: Rotate
    inform: Inform
    recognise: Recognise
    sign_out: SignOut
    end_one: EndOne
    end_others: EndOthers
    end_all: EndAll
    list_sessions: ListSessions
    rename_session: RenameSession
    device_cookies: DeviceCookies
    change_names: ChangeNames
    change_email: ChangeEmail
    list_events: ListEvents
    export_data: ExportData
    delete_account: DeleteAccount
    social_start: SocialStart
    social_callback: SocialCallback
    social_exchange: SocialExchange
    issue_nonce: IssueNonce
    native_sign_in: NativeSignIn
    list_identities: ListIdentities
    begin_link: BeginLink
    redeem_link: RedeemLink
    unlink: Unlink
